# ONNX Runtime as the target onnxruntime::onnxruntime: from -Donnxruntime_ROOT=FOLDER (a release of
# it: include/ and lib/), else what scripts/setup_onnxruntime put together, else the system's. The
# packages that releases and Debian ship name paths that do not exist on other machines, so they are
# not read.
set(onnxruntime_DEFAULT_ROOT ${CMAKE_CURRENT_LIST_DIR}/../third_party/onnxruntime)
set(onnxruntime_library_folders lib lib64)
set(onnxruntime_setup --edge)
if(CMAKE_CROSSCOMPILING)
  set(onnxruntime_library_folders lib-${CMAKE_SYSTEM_PROCESSOR})
  set(onnxruntime_setup --arm64)
endif()
find_path(onnxruntime_INCLUDE_DIR onnxruntime_cxx_api.h
  HINTS ${onnxruntime_DEFAULT_ROOT}
  PATH_SUFFIXES include include/onnxruntime onnxruntime include/onnxruntime/core/session)
find_library(onnxruntime_LIBRARY onnxruntime
  HINTS ${onnxruntime_DEFAULT_ROOT}
  PATH_SUFFIXES ${onnxruntime_library_folders})
mark_as_advanced(onnxruntime_INCLUDE_DIR onnxruntime_LIBRARY)

if(onnxruntime_INCLUDE_DIR)
  file(STRINGS ${onnxruntime_INCLUDE_DIR}/onnxruntime_c_api.h api REGEX "^#define ORT_API_VERSION ")
  string(REGEX REPLACE "[^0-9]" "" api "${api}")
  set(onnxruntime_VERSION 1.${api})  # of the headers
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(onnxruntime
  REQUIRED_VARS onnxruntime_LIBRARY onnxruntime_INCLUDE_DIR VERSION_VAR onnxruntime_VERSION
  REASON_FAILURE_MESSAGE "run scripts/setup ${onnxruntime_setup}, or give a release of it: -Donnxruntime_ROOT=FOLDER")

if(onnxruntime_FOUND AND NOT TARGET onnxruntime::onnxruntime)
  add_library(onnxruntime::onnxruntime SHARED IMPORTED)
  set_target_properties(onnxruntime::onnxruntime PROPERTIES
    IMPORTED_LOCATION ${onnxruntime_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${onnxruntime_INCLUDE_DIR})
endif()
