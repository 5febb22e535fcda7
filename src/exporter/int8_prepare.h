// What makes a graph faster in int8 than its fp32 form is, and computes the same.
#pragma once

#include <set>
#include <string>

#include "exporter/graph.h"

namespace clipstill::exporter {

/// AveragePool before a 1 x 1 convolution becomes part of it: a convolution of the window's size
/// and stride. ONNX Runtime's int8 pooling takes longer than the convolutions around it (1.32: a
/// fifth of a small ResNet); the weights of those shortcuts grow by the window's size.
Graph prepared_for_int8(Graph graph);

/// Layers that are faster in fp32: convolutions of the pixels, with three channels to sum over.
std::set<std::string> slow_in_int8(const Graph& graph);

}  // namespace clipstill::exporter
