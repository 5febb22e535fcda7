#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "data/pair_set.h"
#include "image/image.h"

namespace clipstill::data {

/// Pictures by sample, decoded once, until their budget is spent. None gives way to another: an
/// epoch visits every sample once, so that the oldest would go just before it is wanted again.
/// Safe to use from several threads.
class DecodedImages {
 public:
  /// `set` must outlive it.
  DecodedImages(const PairSet& set, bool apply_orientation);
  std::shared_ptr<const image::Image> get(int64_t sample);

 private:
  const PairSet& set_;
  const bool apply_orientation_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<const image::Image>> images_;
  size_t budget_;
};

/// Most bytes that DecodedImages will keep of this set, judged by its first pictures.
int64_t decoded_bytes(const PairSet& set);

}  // namespace clipstill::data
