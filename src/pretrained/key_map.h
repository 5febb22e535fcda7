// Which tensors of a published model make up each tensor of ours.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pretrained/config.h"

namespace clipstill::pretrained {

struct TensorSource {
  std::vector<std::string> names;  // joined along the first dimension, in this order
  bool transposed = false;         // the published matrix is ours transposed
  bool reshaped = false;           // the same values in another shape
};

/// By the name of the tensor in nn::ClipModel.
using KeyMap = std::map<std::string, TensorSource>;
KeyMap key_map(const Config& config);

/// Whether published weights may hold this tensor though the reference does not use it.
bool is_unused(std::string_view name);

}  // namespace clipstill::pretrained
