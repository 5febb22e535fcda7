// A graph as an ONNX file.
#pragma once

#include <cstdint>
#include <filesystem>

#include "exporter/graph.h"

namespace clipstill::exporter {

constexpr int64_t kOnnxOpset = 17;     // the first with LayerNormalization
constexpr int64_t kOnnxIrVersion = 8;  // what belongs to opset 17 (ONNX 1.12)

/// The number of a type in TensorProto.DataType; kInternal for one that the exporter does not use.
int64_t onnx_type(torch::Dtype type);

/// Writes atomically; the same graph gives the same bytes. Weights go from memory to the file
/// without a copy. kResource if the file cannot be written; kBadData if it would pass the 2 GiB
/// that readers of protocol buffers accept.
void write_onnx(const std::filesystem::path& path, const Graph& graph);

}  // namespace clipstill::exporter
