#include "runtime/selftest.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "bundle/safetensors.h"
#include "core/error.h"

namespace clipstill::runtime {
namespace {

constexpr const char* kFile = "selftest.safetensors";
// In int8 sums are exact, and a value that lies between two steps may go to either: 1e-7 was seen
// on a trained student of 256 dimensions (VNNI; AVX2 with 7-bit weights), up to 1.2e-2 on random
// models of 24, whose values are three times as large. Saturating 8-bit weights gave the
// student 1.4e-2.
constexpr double kFloatTolerance = 1e-4, kIntegerTolerance = 1e-2;

// The file, its tensors checked against the shapes that the model implies.
class Vectors {
 public:
  explicit Vectors(const BundleFolder& folder)
      : path_(folder.open(kFile).path().string()),  // which checks it against the manifest
        file_(path_) {}

  const std::string& path() const { return path_; }

  /// Extents of a tensor with `axes` axes, none of them empty.
  const std::vector<int64_t>& shape(const std::string& name, size_t axes) const {
    const auto& extents = file_.tensor(name).shape;
    bool fits = extents.size() == axes;
    for (const int64_t extent : extents) fits = fits && extent > 0;
    if (!fits) refuse(name);
    return extents;
  }

  std::vector<float> floats(const std::string& name, const std::vector<int64_t>& shape) const {
    if (file_.tensor(name).shape != shape) refuse(name);
    return file_.floats(name);
  }

  std::vector<int64_t> integers(const std::string& name, const std::vector<int64_t>& shape) const {
    const auto& view = file_.tensor(name);
    if (view.shape != shape || view.dtype != bundle::DType::kI64) refuse(name);
    std::vector<int64_t> values(static_cast<size_t>(view.element_count()));
    std::memcpy(values.data(), view.bytes.data(), view.bytes.size());
    return values;
  }

  /// What the ids encode; empty if the file does not tell.
  std::vector<std::string> texts() const {
    const auto found = file_.metadata().find("texts");
    if (found == file_.metadata().end()) return {};
    try {
      return nlohmann::json::parse(found->second).get<std::vector<std::string>>();
    } catch (const nlohmann::json::exception& error) {
      fail(ErrorCode::kBadData, "{}: its texts are damaged: {}", path_, error.what());
    }
  }

 private:
  [[noreturn]] void refuse(const std::string& name) const {
    fail(ErrorCode::kBadData, "{}: tensor \"{}\" has another shape or type than the model takes",
         path_, name);
  }

  std::string path_;
  bundle::SafetensorsFile file_;
};

std::string embeds_name(const char* name, const std::string& precision) {
  return precision == "fp32" ? name : fmt::format("{}_{}", name, precision);
}

// Compares the rows that `found` has.
double compare(const BundleFolder& folder, const std::string& encoder,
               const std::vector<float>& found, const std::vector<float>& expected,
               const std::string& precision) {
  double greatest = 0;
  for (size_t i = 0; i < found.size(); ++i) {
    const double difference = std::abs(static_cast<double>(found[i]) - expected[i]);
    if (!(difference <= greatest)) greatest = difference;  // nan counts as greatest
  }
  if (greatest <= allowed_difference(precision)) return greatest;
  fail(ErrorCode::kBadData,
       "{}: {} ({}) gives embeddings that differ from those in {} by {:.2g}, allowed is {:.0e}; "
       "this machine or its ONNX Runtime ({}) computes something else than was exported",
       folder.path().string(), encoder, precision, kFile, greatest, allowed_difference(precision),
       onnxruntime_version());
}

void check_tokenizer(const Vectors& vectors, const TextEncoder& encoder,
                     const std::vector<int64_t>& ids, const std::vector<int64_t>& mask,
                     int64_t samples, int64_t length) {
  const auto texts = vectors.texts();
  const auto context = static_cast<int>(encoder.config().context_length);
  std::vector<text::Token> tokens;
  for (size_t i = 0; i < std::min(texts.size(), static_cast<size_t>(samples)); ++i) {
    encoder.tokenizer().encode(texts[i], context, tokens);
    for (size_t j = 0; j < static_cast<size_t>(length); ++j) {
      const size_t at = i * static_cast<size_t>(length) + j;
      const bool is_token = j < tokens.size();
      if (mask[at] == (is_token ? 1 : 0) && (!is_token || ids[at] == tokens[j].id)) continue;
      fail(ErrorCode::kBadData,
           "{}: the tokenizer gives other ids for \"{}\" than when the bundle was written",
           vectors.path(), texts[i]);
    }
  }
}

}  // namespace

double allowed_difference(const std::string& precision) {
  return precision == "fp32" ? kFloatTolerance : kIntegerTolerance;
}

Difference selftest_images(const BundleFolder& folder, const ImageEncoder& encoder,
                           const std::string& precision, int64_t samples) {
  const Vectors vectors(folder);
  const auto& config = folder.config();
  const int64_t all = vectors.shape("pixel_values", 4).front(), rows = std::min(all, samples);
  const auto pixels =
      vectors.floats("pixel_values", {all, 3, config.image_size, config.image_size});
  const auto expected =
      vectors.floats(embeds_name("image_embeds", precision), {all, config.embed_dim});
  std::vector<float> found(static_cast<size_t>(rows * config.embed_dim));
  encoder.run(std::span(pixels).first(static_cast<size_t>(rows) * encoder.tensor_size()), rows,
              found);
  return {rows, compare(folder, config.image_encoder, found, expected, precision)};
}

Difference selftest_texts(const BundleFolder& folder, const TextEncoder& encoder,
                          const std::string& precision, int64_t samples) {
  const Vectors vectors(folder);
  const auto& config = folder.config();
  const auto& shape = vectors.shape("input_ids", 2);
  const int64_t rows = std::min(shape[0], samples), length = shape[1];
  const auto ids = vectors.integers("input_ids", shape);
  const auto mask = vectors.integers("attention_mask", shape);
  const auto expected =
      vectors.floats(embeds_name("text_embeds", precision), {shape[0], config.embed_dim});
  check_tokenizer(vectors, encoder, ids, mask, rows, length);
  std::vector<float> found(static_cast<size_t>(rows * config.embed_dim));
  const auto used = static_cast<size_t>(rows * length);
  encoder.run(std::span(ids).first(used), std::span(mask).first(used), rows, length, found);
  return {rows, compare(folder, config.text_encoder, found, expected, precision)};
}

Verification verify_bundle(const std::filesystem::path& path, const RuntimeOptions& options) {
  BundleFolder folder(path);
  folder.check_all();
  const auto all = std::numeric_limits<int64_t>::max();
  return {selftest_images(folder, ImageEncoder(folder, options), options.precision, all),
          selftest_texts(folder, TextEncoder(folder, options), options.precision, all)};
}

}  // namespace clipstill::runtime
