// From an image to the tensor that a tower expects, described by `preprocessor_config.json`.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "image/image.h"
#include "image/resize.h"

namespace clipstill::image {

enum class ResizeMode { kShortestEdge, kStretch };

/// Where a centre crop begins when an odd number of pixels is to go: (n - size) / 2 rounded down
/// (HF CLIPImageProcessor), or to even as Python's round() does (torchvision, and so open_clip).
enum class CropRounding { kDown, kHalfToEven };

/// Defaults are OpenAI CLIP's (HF CLIPImageProcessor).
struct Preprocess {
  int size = 224;                                      // output is [3, size, size]
  ResizeMode resize_mode = ResizeMode::kShortestEdge;  // then centre crop
  CropRounding crop_rounding = CropRounding::kDown;
  Filter filter = Filter::kBicubic;
  std::array<float, 3> mean{0.48145466f, 0.4578275f, 0.40821073f};
  std::array<float, 3> std{0.26862954f, 0.26130258f, 0.27577711f};
  /// What shows through transparent pixels in evaluation. CLIP's own processor drops alpha;
  /// clipstill blends over white unless told otherwise.
  bool blend_alpha = true;
  /// Whether images are turned upright as their Exif part says, after decoding (orientation.h).
  /// CLIP's own processor does not.
  bool apply_orientation = false;

  /// Floats of the output: 3 x size x size.
  size_t tensor_size() const { return size_t{3} * static_cast<size_t>(size) * size; }
  std::string to_json() const;  // Hugging Face preprocessor_config.json
  static Preprocess from_json(std::string_view text, std::string_view origin);
  std::string fingerprint() const;
};

/// The 8-bit part: resize and centre crop of an RGB image to size x size.
Image fit(const Image& rgb, int size, ResizeMode mode, Filter filter,
          CropRounding rounding = CropRounding::kDown);

/// The same as `options` say, alpha blended or dropped first.
Image fit(const Image& image, const Preprocess& options);

/// fit(), scale to [0, 1], normalise. `out` is [3, size, size], planar.
void preprocess(const Image& image, const Preprocess& options, std::span<float> out);

/// The same of an encoded image, which decode_oriented() decodes as the options say. kBadData
/// naming `name`.
void preprocess_encoded(std::span<const uint8_t> bytes, std::string_view name,
                        const Preprocess& options, std::span<float> out);

/// Only the last step, for an RGB image that already has the right size.
void normalise(const Image& rgb, const Preprocess& options, std::span<float> out);

}  // namespace clipstill::image
