// The JSON header of a safetensors file, parsed and validated against the file's size.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "bundle/safetensors.h"

namespace clipstill::bundle {

struct SafetensorsHeader {
  std::map<std::string, TensorView> tensors;  // views into the file
  std::map<std::string, std::string> metadata;
};

/// kBadData naming `name` (the file), the tensor and the rule that is broken.
SafetensorsHeader parse_safetensors(std::span<const uint8_t> file, const std::string& name);

}  // namespace clipstill::bundle
