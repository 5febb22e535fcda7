# Graphs are read back by the onnx library, which shares nothing with the exporter.
find_package(nlohmann_json REQUIRED)
clipstill_test(unit exporter
  SOURCES unit/exporter/random_model.cpp unit/exporter/onnx_reader.cpp
          unit/exporter/bundle_folder_test.cpp unit/exporter/evaluator_test.cpp
          unit/exporter/graphs_test.cpp unit/exporter/int8_test.cpp
          unit/exporter/quantization_test.cpp unit/exporter/quantizer_test.cpp
  LINKS clipstill_exporter onnx onnx_proto protobuf nlohmann_json::nlohmann_json GTest::gmock)
clipstill_uses_torch(exporter_test nn_test)
set_source_files_properties(unit/exporter/onnx_reader.cpp PROPERTIES
  SKIP_PRECOMPILE_HEADERS ON COMPILE_DEFINITIONS "ONNX_NAMESPACE=onnx;ONNX_ML=1")

# What tests/reference/export_sweep.py runs.
add_executable(export_dump parity/exporter/dump_main.cpp unit/exporter/random_model.cpp)
target_include_directories(export_dump PRIVATE unit/exporter)
target_link_libraries(export_dump PRIVATE clipstill_exporter clipstill_flags)
