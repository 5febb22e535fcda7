# One static library per folder of src/; its PUBLIC links are the arrows of the architecture.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(PkgConfig REQUIRED)

add_library(clipstill_flags INTERFACE)
target_compile_options(clipstill_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION MATCHES "^12\\.")
  target_compile_options(clipstill_flags INTERFACE -Wno-restrict)  # false at -O3: GCC bug 105651
endif()
if(CLIPSTILL_DEVELOPER)
  target_compile_options(clipstill_flags INTERFACE -Werror)
endif()
if(CLIPSTILL_SANITIZE)
  target_compile_options(clipstill_flags INTERFACE
    -fsanitize=${CLIPSTILL_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
    # The checks hide from GCC what is initialised; it warns of libtorch's optional tensors.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(clipstill_flags INTERFACE -fsanitize=${CLIPSTILL_SANITIZE})
endif()

# clipstill_library(core SOURCES a.cpp b.cpp LINKS fmt::fmt)
function(clipstill_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(clipstill_${name} STATIC ${ARG_SOURCES})
  target_include_directories(clipstill_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>)
  target_link_libraries(clipstill_${name} PUBLIC ${ARG_LINKS}
                        PRIVATE $<BUILD_INTERFACE:clipstill_flags> ${ARG_PRIVATE_LINKS})
endfunction()

# clipstill_uses_torch(clipstill_nn), clipstill_uses_torch(clipstill_train clipstill_nn): compiles
# the target with torch/torch.h precompiled, which costs 12 s a file otherwise, by itself or by the
# target named second.
function(clipstill_uses_torch target)
  if(ARGN)
    target_precompile_headers(${target} REUSE_FROM ${ARGN})
  else()
    target_precompile_headers(${target} PRIVATE <torch/torch.h>)
  endif()
endfunction()

# clipstill_test(unit text_wordpiece SOURCES wordpiece_test.cpp LINKS clipstill_text)
# One GoogleTest executable per module; `label` is unit, parity, e2e or nightly.
function(clipstill_test label name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name}_test ${ARG_SOURCES})
  target_link_libraries(${name}_test PRIVATE ${ARG_LINKS} clipstill_flags GTest::gtest GTest::gtest_main)
  target_compile_definitions(${name}_test PRIVATE
    CLIPSTILL_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data"
    CLIPSTILL_BINARY="${CMAKE_BINARY_DIR}/bin/clipstill")
  add_test(NAME ${label}.${name} COMMAND ${name}_test)
  set_tests_properties(${label}.${name} PROPERTIES LABELS ${label} TIMEOUT 900)
endfunction()
