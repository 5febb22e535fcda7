find_package(nlohmann_json REQUIRED)
clipstill_test(unit bundle
  SOURCES unit/bundle/bundle_config_test.cpp unit/bundle/card_metrics_test.cpp
          unit/bundle/manifest_test.cpp
          unit/bundle/metrics_file_test.cpp unit/bundle/npy_test.cpp
          unit/bundle/onnx_check_test.cpp unit/bundle/safetensors_test.cpp
          unit/bundle/safetensors_damage_test.cpp
  LINKS clipstill_bundle nlohmann_json::nlohmann_json GTest::gmock)
