find_package(nlohmann_json REQUIRED)
# The executables as a user runs them; without torch in this program.
clipstill_test(e2e e2e
  SOURCES unit/cli/run_program.cpp e2e/child.cpp e2e/export_test.cpp e2e/refusal_test.cpp
          e2e/plan_test.cpp e2e/resume_test.cpp e2e/run_folder.cpp e2e/scene.cpp e2e/tiny_set.cpp e2e/workflow_test.cpp
  LINKS clipstill_image clipstill_bundle nlohmann_json::nlohmann_json GTest::gmock)
add_dependencies(e2e_test clipstill clipstill-edge)
