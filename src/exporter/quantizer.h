// A graph in int8: static quantisation in QDQ form, QuantizeLinear and DequantizeLinear around what
// ONNX Runtime has int8 kernels for.
//
// - Conv and MatMul with a constant weight: one scale for each output channel. A convolution's
//   result is int8 too, as its kernel demands; a matrix product's stays fp32, so that LayerNorm,
//   softmax, GELU and the products within attention, which lose most by int8, are left alone.
// - Relu after an int8 node is the lower end of the next range and costs nothing.
// - Add (a shortcut), pooling and Flatten follow where all that they read is int8.
// - Tables of token embeddings: a scale for each row, applied after the rows are gathered. A
//   DequantizeLinear of the table would be folded to fp32 when the graph is loaded.
// - LSTM weights are stored in int8, with a scale for each row, and computed with in fp32: ONNX
//   Runtime makes them fp32 when it loads the graph. Its DynamicQuantizeLSTM, which multiplies in
//   int8, gives a text another embedding in another batch (docs/results.md, int8).
//
// Weights that require gradients give a graph that can be trained on (exporter/quantization.h).
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "exporter/graph.h"
#include "exporter/quantization.h"

namespace clipstill::exporter {

/// Of each value that is stored as int8.
using Ranges = std::map<Value, Range>;

/// What can be int8 or fp32 by itself: the names of the nodes with weights, in their order.
std::vector<std::string> quantizable_layers(const Graph& graph);

/// The values whose ranges quantized() wants, however few layers stay fp32.
std::vector<Value> quantized_values(const Graph& graph);

struct QuantizerOptions {
  std::set<std::string> fp32_layers;  // names of quantizable_layers()
  bool reduce_range = false;          // weights of 7 bits: no CPU saturates
};

/// kInternal naming a value without a range, or an unknown layer.
Graph quantized(const Graph& graph, const Ranges& ranges, const QuantizerOptions& options);

/// What the weights of a graph take, in bytes.
uint64_t weight_bytes(const Graph& graph);

}  // namespace clipstill::exporter
