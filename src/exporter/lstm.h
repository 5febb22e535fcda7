// torch::nn::LSTM as ONNX LSTM nodes.
#pragma once

#include "exporter/graph_builder.h"
#include "exporter/weights.h"

namespace clipstill::exporter {

struct LstmShape {
  int64_t hidden = 0;  // H
  int64_t layers = 1;
  bool bidirectional = false;
};

/// Of the last layer; D is 2 if bidirectional, else 1.
struct LstmStates {
  Value all;   // [L, D, B, H]
  Value last;  // [D, B, H], at each sequence's end
};

/// x [L, B, in]; lengths [B] int32, each at least 1. Steps from a sequence's length on are not
/// read.
LstmStates lstm(GraphBuilder& graph, const Weights& layer, Value x, const Value& lengths,
                const LstmShape& shape);

/// mask [B, L] int64 -> tokens per text [B] int32.
Value sequence_lengths(GraphBuilder& graph, const std::string& where, const Value& mask);

}  // namespace clipstill::exporter
