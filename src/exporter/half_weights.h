// Weights in half the bytes.
#pragma once

#include "exporter/graph.h"

namespace clipstill::exporter {

/// The graph with its fp32 weights rounded to fp16, each behind a Cast back to fp32, which ONNX
/// Runtime computes once, when it loads the graph: half of the file, the same speed. Small
/// constants stay as they are. Weights beyond fp16's range (65,504) are kBadData naming them.
Graph with_half_weights(Graph graph);

}  // namespace clipstill::exporter
