// What a model folder feeds its towers: tokenizer, context length and image preprocessing. The
// folder is one of clipstill's own or a published one (config.h); libtorch is not needed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "image/preprocess.h"
#include "text/tokenizer.h"

namespace clipstill::pretrained {

struct ModelInputs {
  std::shared_ptr<const text::Tokenizer> tokenizer;
  int64_t context = 0;  // tokens that the model is fed at most, special ones included
  image::Preprocess preprocess;
};

/// kMissingFile, kBadData naming file and cause; refused are a tokenizer of another vocabulary, end
/// token or fingerprint than the model's, and images of another size. Warns (core/log.h) where the
/// folder's name and its activation are not of one family.
ModelInputs load_inputs(const std::filesystem::path& folder);

}  // namespace clipstill::pretrained
