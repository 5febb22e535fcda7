// What is in an ONNX file, as the onnx library reads it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace clipstill {

struct OnnxSummary {
  int64_t ir_version = 0, opset = 0;
  std::string producer, doc;
  std::map<std::string, std::string> inputs, outputs;  // name -> "float [batch, 3, 64, 64]"
  std::map<std::string, int> ops;                      // how many nodes of each
  std::set<std::string> node_names;
  std::map<std::string, std::vector<float>> floats;  // fp32 initializers
  std::map<std::string, std::string> metadata;
};

/// Parses the file, passes it through the ONNX checker and strict shape inference with type checks
/// (which also compares the declared outputs), and fails the test where one of them objects.
OnnxSummary read_onnx(const std::filesystem::path& path);

}  // namespace clipstill
