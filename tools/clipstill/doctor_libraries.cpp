// Checks of this build: library versions, and self-tests whose answers are known.
#include <fmt/format.h>
#include <gnu/libc-version.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "clipstill/doctor_check.h"
#include "core/hash.h"
#include "core/stopwatch.h"
#include "image/codec.h"
#include "image/resize.h"

namespace clipstill::cli {
namespace {

constexpr const char* kRebuild = "this build is damaged or does not suit the CPU; build it again";

DoctorCheck check_versions() {
  return {"libraries", Health::kOk,
          fmt::format("glibc {}, fmt {}.{}.{}, nlohmann-json {}.{}.{}", gnu_get_libc_version(),
                      FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100,
                      NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                      NLOHMANN_JSON_VERSION_PATCH),
          ""};
}

DoctorCheck check_hash() {
  constexpr size_t kBytes = size_t{64} << 20;
  // XXH3-128 of the empty input, from the published test vectors.
  constexpr const char* kHashOfNothing = "99aa06d3014798d86001c324468d497f";
  if (hash_hex(std::string_view()) != kHashOfNothing) {
    return {"hash", Health::kFailed, "XXH3-128 gives a wrong answer", kRebuild};
  }
  const std::vector<uint8_t> bytes(kBytes, 7);
  const double seconds = seconds_of([&] { hash_hex(bytes); });
  return {"hash", Health::kOk, fmt::format("{:.1f} GB/s", kBytes / seconds / 1e9), ""};
}

// Encodes, decodes and resizes an image of one colour, which must keep its colour.
DoctorCheck check_images() {
  constexpr int kSide = 512, kSmallSide = 224, kRounds = 4;
  constexpr uint8_t kValue = 93;
  image::Image picture(kSide, kSide, 3);
  std::fill(picture.pixels.begin(), picture.pixels.end(), kValue);
  const std::string png = image::encode_png(picture);
  const std::vector<uint8_t> bytes(png.begin(), png.end());
  bool right = true;
  const double seconds = seconds_of([&] {
    for (int round = 0; round < kRounds; ++round) {
      const auto small = image::resize(image::decode(bytes, "self-test"), kSmallSide, kSmallSide,
                                       image::Filter::kBicubic);
      right = right && small.pixels.size() == size_t{kSmallSide} * kSmallSide * 3 &&
              std::all_of(small.pixels.begin(), small.pixels.end(),
                          [](uint8_t value) { return value == kValue; });
    }
  });
  if (!right) return {"images", Health::kFailed, "decode and resize change a colour", kRebuild};
  return {"images", Health::kOk,
          fmt::format("{:.0f} PNG of {} px decoded and resized per second and thread",
                      kRounds / seconds, kSide),
          ""};
}

}  // namespace

std::vector<DoctorCheck> library_checks() {
  return {check_versions(), check_hash(), check_images()};
}

}  // namespace clipstill::cli
