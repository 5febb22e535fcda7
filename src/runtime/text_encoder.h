// Texts to points of the joint space.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "runtime/bundle_folder.h"
#include "runtime/session.h"
#include "text/tokenizer.h"

namespace clipstill::runtime {

/// Loads the tokenizer and the text tower, nothing of the image tower. Immutable: any number of
/// threads may use one encoder at once.
class TextEncoder {
 public:
  /// kMissingFile, or kBadData naming the file that is damaged, or the encoder that gives another
  /// embedding here than where it was exported (runtime/selftest.h).
  TextEncoder(const BundleFolder& folder, const RuntimeOptions& options);

  int64_t width() const { return config_.embed_dim; }
  const bundle::BundleConfig& config() const { return config_; }
  const text::Tokenizer& tokenizer() const { return *tokenizer_; }

  /// Fills `out`, [texts, width], with embeddings of length 1; kUsage if it has another size.
  /// Texts longer than the context are cut. A text's embedding does not depend on the others but
  /// for rounding (1e-6).
  void embed(std::span<const std::string_view> texts, std::span<float> out) const;

  /// One run of the graph on token ids and mask, [rows, length].
  void run(std::span<const int64_t> ids, std::span<const int64_t> mask, int64_t rows,
           int64_t length, std::span<float> out) const;

 private:
  bundle::BundleConfig config_;
  int64_t batch_;
  std::unique_ptr<text::Tokenizer> tokenizer_;
  Session session_;
};

}  // namespace clipstill::runtime
