#include "data/pairs_pack.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/parallel.h"
#include "core/progress.h"
#include "data/pack.h"
#include "image/codec.h"

namespace clipstill::data {
namespace {

constexpr size_t kImagesAtATime = 64;  // images in memory at a time

struct CheckedImage {
  std::vector<uint8_t> bytes;
  std::string fault;
};

CheckedImage read_checked(const PairSource& source, size_t index) {
  CheckedImage image;
  try {
    image.bytes = source.read_image(index);
    image::decode(image.bytes, source.records()[index].image);
  } catch (const Error& error) {
    image.fault = error.what();
  }
  return image;
}

}  // namespace

PackSummary pack_pairs(const PairSource& source, const std::filesystem::path& folder,
                       const PairOptions& options) {
  const auto& records = source.records();
  PackSummary summary;
  PackWriter writer(folder);
  Progress progress("pack", "images", records.size());
  for (size_t first = 0; first < records.size(); first += kImagesAtATime) {
    if (interrupt_requested()) {
      fail(ErrorCode::kInterrupted, "stopped; {} is as it was before", folder.string());
    }
    std::vector<CheckedImage> images(std::min(kImagesAtATime, records.size() - first));
    parallel_for(images.size(), [&](size_t i) { images[i] = read_checked(source, first + i); });
    for (size_t i = 0; i < images.size(); ++i) {
      const auto& record = records[first + i];
      if (!images[i].fault.empty()) {
        summary.unreadable.push_back({record.origin, images[i].fault});
        continue;
      }
      writer.add(record, images[i].bytes);
      ++summary.packed;
    }
    progress.advance(images.size());
    const auto bad = static_cast<double>(summary.unreadable.size());
    if (bad > options.max_bad_share * static_cast<double>(records.size())) {
      fail(ErrorCode::kBadData,
           "{} of the first {} images are unreadable, more than the allowed share of {}; the first "
           "is {}: {}; `clipstill data check` lists all",
           summary.unreadable.size(), first + images.size(), options.max_bad_share,
           summary.unreadable.front().origin, summary.unreadable.front().reason);
    }
  }
  writer.finish(nlohmann::json{{"packed_from", source.fingerprint()}}.dump());
  return summary;
}

}  // namespace clipstill::data
