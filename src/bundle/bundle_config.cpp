#include "bundle/bundle_config.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "bundle/manifest.h"
#include "core/error.h"
#include "core/shallow_json.h"

namespace clipstill::bundle {
namespace {

using nlohmann::json;

// Beyond any real model; the product of a batch and these stays far from overflowing.
constexpr int64_t kMaxExtent = 1 << 16;
constexpr int64_t kMaxVocabulary = 1 << 24;

class ConfigReader {
 public:
  ConfigReader(const json& root, const std::string& origin) : root_(root), origin_(origin) {}

  int64_t integer(const char* key, int64_t maximum) const {
    const auto& value = at(key);
    const bool fits = value.is_number_integer() &&
                      (!value.is_number_unsigned() || value.get<uint64_t>() <= INT64_MAX) &&
                      value.get<int64_t>() >= 1 && value.get<int64_t>() <= maximum;
    if (!fits) refuse(key, fmt::format("an integer from 1 to {}", maximum), value);
    return value.get<int64_t>();
  }

  float number(const char* key) const {
    const auto& value = at(key);
    if (!value.is_number() || !std::isfinite(value.get<float>())) refuse(key, "a number", value);
    return value.get<float>();
  }

  std::string file(const char* key) const {
    const auto& value = at(key);
    if (!is_file(value)) refuse(key, "the name of a file of the bundle", value);
    return value.get<std::string>();
  }

  std::vector<std::string> tokenizer() const {
    const auto found = root_.find("tokenizer");
    if (found == root_.end()) return {"tokenizer.json"};  // the first bundles, which had no other
    const bool fits = found->is_array() && std::ranges::all_of(*found, is_file) &&
                      (!found->empty() &&
                       (found->front() == "tokenizer.json" || found->front() == "spiece.model"));
    if (!fits) {
      refuse("tokenizer", "a list of files, the first tokenizer.json or spiece.model", *found);
    }
    return found->get<std::vector<std::string>>();
  }

 private:
  static bool is_file(const json& value) {
    return value.is_string() && is_inside(value.get<std::string>());
  }

  const json& at(const char* key) const {
    const auto found = root_.find(key);
    if (found == root_.end()) fail(ErrorCode::kBadData, "{}: no key \"{}\"", origin_, key);
    return *found;
  }

  [[noreturn]] void refuse(const char* key, const std::string& expected, const json& found) const {
    fail(ErrorCode::kBadData, "{}: \"{}\" must be {}, found {}", origin_, key, expected,
         found.dump(-1, ' ', /*ensure_ascii=*/true, json::error_handler_t::replace));
  }

  const json& root_;
  const std::string& origin_;
};

}  // namespace

BundleConfig parse_bundle_config(std::string_view text, const std::string& origin) {
  json root;
  try {
    root = parse_shallow_json(text, origin);
  } catch (const json::exception& error) {
    fail(ErrorCode::kBadData, "{}: not a bundle's config: {}", origin, error.what());
  }
  if (!root.is_object() || !root.contains("format") || root["format"] != kBundleFormat) {
    fail(ErrorCode::kBadData, "{}: expected format {}, as `clipstill export` writes it", origin,
         kBundleFormat);
  }
  const ConfigReader reader(root, origin);
  const int64_t version = reader.integer("version", INT64_MAX);
  if (version > kBundleVersion) {
    fail(ErrorCode::kBadData,
         "{}: a bundle of version {}, this clipstill reads up to {}; use a newer clipstill", origin,
         version, kBundleVersion);
  }
  return {.embed_dim = reader.integer("embed_dim", kMaxExtent),
          .logit_scale = reader.number("logit_scale"),
          .image_size = reader.integer("image_size", kMaxExtent),
          .context_length = reader.integer("context_length", kMaxExtent),
          .vocabulary_size = reader.integer("vocabulary_size", kMaxVocabulary),
          .image_encoder = reader.file("image_encoder"),
          .text_encoder = reader.file("text_encoder"),
          .tokenizer = reader.tokenizer()};
}

}  // namespace clipstill::bundle
