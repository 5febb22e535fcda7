#include "data/decoded_images.h"

#include <algorithm>

namespace clipstill::data {
namespace {

constexpr size_t kDecodedBytes = size_t{128} << 20;

}  // namespace

DecodedImages::DecodedImages(const PairSet& set, bool apply_orientation)
    : set_(set),
      apply_orientation_(apply_orientation),
      images_(set.size()),
      budget_(kDecodedBytes) {}

std::shared_ptr<const image::Image> DecodedImages::get(int64_t sample) {
  {
    const std::lock_guard lock(mutex_);
    if (images_[sample]) return images_[sample];
  }
  auto picture =
      std::make_shared<const image::Image>(set_.decode_image(sample, apply_orientation_));
  const std::lock_guard lock(mutex_);
  if (!images_[sample] && picture->pixels.size() <= budget_) {
    budget_ -= picture->pixels.size();
    images_[sample] = picture;
  }
  return picture;
}

int64_t decoded_bytes(const PairSet& set) {
  const int64_t some = std::min<int64_t>(set.size(), 16);
  size_t bytes = 0;
  for (int64_t i = 0; i < some; ++i) bytes += set.decode_image(i).pixels.size();
  if (some == 0) return 0;
  const auto all = static_cast<int64_t>(bytes) * set.size() / some;
  return std::min(all, static_cast<int64_t>(kDecodedBytes));
}

}  // namespace clipstill::data
