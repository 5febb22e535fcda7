if(NOT CLIPSTILL_EDGE)
  return()
endif()
find_package(nlohmann_json REQUIRED)
clipstill_test(unit runtime
  SOURCES unit/runtime/damage_test.cpp unit/runtime/encoders_test.cpp
          unit/runtime/siglip_bundle_test.cpp unit/runtime/zero_shot_test.cpp
  LINKS clipstill_runtime nlohmann_json::nlohmann_json GTest::gmock)

# libclipstill as applications see it: nothing else is linked.
clipstill_test(unit c_api SOURCES unit/runtime/c_api_test.cpp LINKS clipstill::runtime GTest::gmock)

clipstill_test(e2e edge
  SOURCES e2e/edge_test.cpp e2e/shipped_student_test.cpp unit/cli/run_program.cpp
  LINKS clipstill_bundle nlohmann_json::nlohmann_json GTest::gmock)
add_dependencies(edge_test clipstill clipstill-edge)
