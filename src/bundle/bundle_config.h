// `config.json` of a bundle: what the model is and where its encoders lie.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace clipstill::bundle {

constexpr const char* kBundleFormat = "clipstill-bundle";
constexpr int64_t kBundleVersion = 1;

struct BundleConfig {
  int64_t embed_dim = 0;
  float logit_scale = 0;       // the logit of an image and a text is this times their product
  int64_t image_size = 0;      // edge in pixels
  int64_t context_length = 0;  // most tokens of a text
  int64_t vocabulary_size = 0;
  std::string image_encoder, text_encoder;  // files of the bundle
  std::vector<std::string> tokenizer;       // its files; first tokenizer.json or spiece.model
};

/// Reads the text of a config.json; `origin` is its path. kBadData naming the key that is missing,
/// of another type or out of range, and for another format or a newer version.
BundleConfig parse_bundle_config(std::string_view text, const std::string& origin);

}  // namespace clipstill::bundle
