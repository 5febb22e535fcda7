#include "onnx_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <onnx/checker.h>
#include <onnx/shape_inference/implementation.h>

#include <cstring>
#include <fstream>

namespace clipstill {
namespace {

std::string describe(const onnx::ValueInfoProto& value) {
  const auto& tensor = value.type().tensor_type();
  std::vector<std::string> shape;
  for (const auto& dim : tensor.shape().dim()) {
    shape.push_back(dim.has_dim_param() ? dim.dim_param() : std::to_string(dim.dim_value()));
  }
  return fmt::format("{} [{}]",
                     tensor.elem_type() == onnx::TensorProto::FLOAT   ? "float"
                     : tensor.elem_type() == onnx::TensorProto::INT64 ? "int64"
                                                                      : "other",
                     fmt::join(shape, ", "));
}

OnnxSummary summarise(const onnx::ModelProto& model) {
  OnnxSummary summary;
  summary.ir_version = model.ir_version();
  if (model.opset_import_size() == 1) summary.opset = model.opset_import(0).version();
  summary.producer = model.producer_name();
  summary.doc = model.doc_string();
  const auto& graph = model.graph();
  for (const auto& port : graph.input()) summary.inputs[port.name()] = describe(port);
  for (const auto& port : graph.output()) summary.outputs[port.name()] = describe(port);
  for (const auto& node : graph.node()) {
    ++summary.ops[node.op_type()];
    EXPECT_TRUE(summary.node_names.insert(node.name()).second) << node.name() << " twice";
  }
  for (const auto& tensor : graph.initializer()) {
    if (tensor.data_type() != onnx::TensorProto::FLOAT) continue;
    auto& values = summary.floats[tensor.name()];
    values.resize(tensor.raw_data().size() / sizeof(float));
    std::memcpy(values.data(), tensor.raw_data().data(), tensor.raw_data().size());
  }
  for (const auto& entry : model.metadata_props()) summary.metadata[entry.key()] = entry.value();
  return summary;
}

}  // namespace

OnnxSummary read_onnx(const std::filesystem::path& path) {
  onnx::ModelProto model;
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(model.ParseFromIstream(&file)) << path;
  try {
    onnx::checker::check_model(model);
    onnx::shape_inference::InferShapes(model, onnx::OpSchemaRegistry::Instance(),
                                       {/*check_type=*/true, /*error_mode=*/1,
                                        /*data_propagation=*/true});
  } catch (const std::exception& error) {
    ADD_FAILURE() << path << ": " << error.what();
  }
  return summarise(model);
}

}  // namespace clipstill
