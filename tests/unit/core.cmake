find_package(nlohmann_json REQUIRED)
clipstill_test(unit core
  SOURCES unit/core/atomic_folder_test.cpp unit/core/base64_test.cpp unit/core/current_error_test.cpp unit/core/files_test.cpp
          unit/core/folder_lock_test.cpp unit/core/half_test.cpp
          unit/core/hash_test.cpp unit/core/json_count_test.cpp unit/core/machine_test.cpp unit/core/options_test.cpp unit/core/parallel_test.cpp
          unit/core/progress_test.cpp unit/core/random_test.cpp
          unit/core/shallow_json_test.cpp unit/core/shell_test.cpp
  LINKS clipstill_core nlohmann_json::nlohmann_json GTest::gmock)
