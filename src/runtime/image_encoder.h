// Images to points of the joint space.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string_view>

#include "image/preprocess.h"
#include "runtime/bundle_folder.h"
#include "runtime/session.h"

namespace clipstill::runtime {

/// Loads the image tower, nothing of the text tower. Immutable: any number of threads may use one
/// encoder at once.
class ImageEncoder {
 public:
  /// kMissingFile, or kBadData naming the file that is damaged, or the encoder that gives another
  /// embedding here than where it was exported (runtime/selftest.h).
  ImageEncoder(const BundleFolder& folder, const RuntimeOptions& options);

  int64_t width() const { return config_.embed_dim; }
  const bundle::BundleConfig& config() const { return config_; }
  const image::Preprocess& preprocess() const { return preprocess_; }
  /// Floats of one image's tensor: 3 x size x size.
  size_t tensor_size() const;

  /// Writes the tensor of image `index`; runs on several threads at once.
  using FillTensor = std::function<void(size_t index, std::span<float> tensor)>;

  /// Fills `out`, [count, width], with embeddings of length 1; kUsage if it has another size.
  void embed(size_t count, const FillTensor& fill, std::span<float> out) const;

  /// embed() of image files, or of encoded images in memory with their names for errors.
  void embed_files(std::span<const std::filesystem::path> files, std::span<float> out) const;
  struct Encoded {
    std::span<const uint8_t> bytes;
    std::string_view name;
  };
  void embed_encoded(std::span<const Encoded> images, std::span<float> out) const;
  /// embed() of tensors, [count, 3, size, size].
  void embed_tensors(std::span<const float> tensors, size_t count, std::span<float> out) const;

  /// One run of the graph on tensors, [rows, 3, size, size].
  void run(std::span<const float> pixel_values, int64_t rows, std::span<float> out) const;

 private:
  void check_room(size_t count, std::span<float> out) const;

  bundle::BundleConfig config_;
  int64_t batch_, threads_;
  image::Preprocess preprocess_;
  Session session_;
};

}  // namespace clipstill::runtime
