find_package(nlohmann_json REQUIRED)
clipstill_test(unit train
  SOURCES unit/train/average_test.cpp unit/train/blas_test.cpp unit/train/budget_test.cpp
          unit/train/checkpoint_test.cpp unit/train/compare_test.cpp
          unit/train/diagnosis_test.cpp unit/train/embedding_plan_test.cpp unit/train/evaluate_test.cpp
          unit/train/event_log_test.cpp unit/train/initial_network_test.cpp
          unit/train/model_folder_test.cpp unit/train/optimizer_test.cpp
          unit/train/orientation_test.cpp unit/train/plan_test.cpp unit/train/run_queue_test.cpp unit/train/step_test.cpp
          unit/train/student_choice_test.cpp unit/train/student_search_test.cpp unit/train/sweep_test.cpp
          unit/train/tensors_test.cpp unit/train/text_groups_test.cpp unit/train/trainer_test.cpp unit/train/tune_test.cpp
  LINKS clipstill_train nlohmann_json::nlohmann_json GTest::gmock)
clipstill_uses_torch(train_test nn_test)

clipstill_test(parity teacher_parity
  SOURCES parity/teacher/goldens_test.cpp
  LINKS clipstill_train nlohmann_json::nlohmann_json GTest::gmock)
clipstill_uses_torch(teacher_parity_test nn_test)

# What tests/reference/teacher_sweep.py runs.
add_executable(teacher_dump parity/teacher/dump_main.cpp)
target_link_libraries(teacher_dump PRIVATE clipstill_train clipstill_flags)

