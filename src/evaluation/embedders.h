// Whatever embeds images and texts: a model in libtorch, or a bundle in ONNX Runtime.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "data/pair_set.h"

namespace clipstill::evaluation {

/// Rows of L2-normalised embeddings, [count, width].
struct Embedders {
  int64_t width = 0;
  std::function<std::vector<float>(const data::PairSet& set)> images;
  std::function<std::vector<float>(const std::vector<std::string>& texts)> texts;
};

}  // namespace clipstill::evaluation
