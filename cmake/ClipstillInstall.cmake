# Installs libclipstill, its headers, and the packages that find_package(clipstill) and pkg-config
# read. Users link clipstill::runtime and need nothing else.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/clipstill)

# An ONNX Runtime that is not the system's goes with the installation, into a folder of its own
# where it cannot be taken for another program's.
cmake_path(GET onnxruntime_LIBRARY PARENT_PATH onnxruntime_folder)
if(NOT onnxruntime_folder IN_LIST CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES)
  file(GLOB onnxruntime_files ${onnxruntime_folder}/libonnxruntime.so*)
  install(FILES ${onnxruntime_files} DESTINATION ${CMAKE_INSTALL_LIBDIR}/clipstill)
  set(CLIPSTILL_INSTALL_RPATH ${CMAKE_INSTALL_LIBDIR}/clipstill PARENT_SCOPE)
  set_target_properties(clipstill_shared PROPERTIES INSTALL_RPATH "$ORIGIN/clipstill")
endif()

install(TARGETS clipstill_shared EXPORT clipstill LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/clipstill DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT clipstill NAMESPACE clipstill:: FILE clipstillConfig.cmake
        DESTINATION ${package_dir})
# Before 1.0 a minor version may change the interface (docs/versioning.md).
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/clipstillConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/clipstillConfigVersion.cmake DESTINATION ${package_dir})
file(RELATIVE_PATH pkgconfig_to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${PROJECT_SOURCE_DIR}/cmake/clipstill.pc.in ${PROJECT_BINARY_DIR}/clipstill.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/clipstill.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
