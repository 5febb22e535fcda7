find_package(nlohmann_json REQUIRED)
# The executables as a user runs them; without torch in these programs.
set(scene unit/cli/run_program.cpp e2e/child.cpp e2e/run_folder.cpp e2e/scene.cpp e2e/tiny_set.cpp)
set(links clipstill_image clipstill_bundle nlohmann_json::nlohmann_json GTest::gmock)
clipstill_test(e2e e2e
  SOURCES ${scene} e2e/budget_test.cpp e2e/diagnosis_test.cpp e2e/export_test.cpp e2e/orientation_test.cpp
          e2e/plan_test.cpp e2e/refusal_test.cpp e2e/resume_test.cpp e2e/sweep_test.cpp e2e/teachers_test.cpp
          e2e/workflow_test.cpp
  LINKS ${links})
clipstill_test(nightly kills
  SOURCES ${scene} e2e/kills_test.cpp
  LINKS ${links})
set_tests_properties(nightly.kills PROPERTIES TIMEOUT 3600)
add_dependencies(e2e_test clipstill clipstill-edge)
add_dependencies(kills_test clipstill)
