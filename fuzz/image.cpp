// JPEG, PNG and WebP within limits, their Exif, and the way to a tensor; then the same bytes as an
// Exif part and as preprocessing.
#include "image/exif.h"
#include "image/orientation.h"
#include "image/preprocess.h"
#include "target.h"

using namespace clipstill;
using namespace clipstill::image;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Small, so that no single input takes long.
  constexpr DecodeLimits kLimits{.max_pixels = 1 << 18, .max_bytes = 1 << 20};
  const std::span bytes(data, size);
  // Nothing of these is refused: what cannot be read is upright.
  for (const int orientation : {orientation_of(bytes), read_orientation(bytes)}) {
    fuzz::require(orientation >= 1 && orientation <= 8);
  }
  fuzz::taken([&] {
    const auto image = decode(bytes, "fuzz", kLimits);
    const auto probed = probe_size(bytes, "fuzz");
    fuzz::require(image.width == probed.width && image.height == probed.height);
    const auto pixels = static_cast<size_t>(image.width) * static_cast<size_t>(image.height);
    fuzz::require(pixels <= kLimits.max_pixels);
    fuzz::require(image.pixels.size() == pixels * static_cast<size_t>(image.channels));
    const int orientation = orientation_of(bytes);
    const auto upright = turn(image, orientation);
    fuzz::require(upright.pixels.size() == image.pixels.size());
    fuzz::require(upright.width == (orientation < 5 ? image.width : image.height));
    Preprocess options;
    options.size = 16;
    std::vector<float> tensor(options.tensor_size());
    preprocess(image, options, tensor);
  });
  fuzz::taken([&] {
    const auto options = Preprocess::from_json(fuzz::as_text(bytes), "fuzz.json");
    const auto again = Preprocess::from_json(options.to_json(), "again.json");
    fuzz::require(again.fingerprint() == options.fingerprint());
  });
  return 0;
}
