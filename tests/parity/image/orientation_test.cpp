// Pictures turned upright, and Exif parts, against Pillow (tests/reference/orientation_goldens.py).
#include "image/orientation.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/files.h"
#include "image/exif.h"

namespace clipstill::image {
namespace {

using nlohmann::json;

const fs::path kOrientation = fs::path(CLIPSTILL_TEST_DATA) / "orientation";

std::vector<uint8_t> from_hex(const std::string& digits) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i < digits.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

TEST(OrientationGoldens, PicturesAreTurnedAsByPillow) {
  const auto goldens = json::parse(read_file(kOrientation / "goldens.json"));
  ASSERT_EQ(goldens["pictures"].size(), 24u);
  for (const auto& entry : goldens["pictures"]) {
    const std::string name = entry["file"];
    SCOPED_TRACE(name);
    const MappedFile file(kOrientation / name);
    EXPECT_EQ(orientation_of(file.bytes()), entry["orientation"].get<int>());
    const auto upright = decode_oriented(file.bytes(), name, /*apply_orientation=*/true);
    EXPECT_EQ(json({upright.height, upright.width, upright.channels}), entry["shape"]);
    EXPECT_EQ(upright.pixels, from_hex(entry["pixels"]));
    EXPECT_EQ(decode_oriented(file.bytes(), name, /*apply_orientation=*/false).pixels,
              decode(file.bytes(), name).pixels);
  }
}

TEST(OrientationGoldens, OddAndHostileExifIsReadAsByPillow) {
  const auto goldens = json::parse(read_file(kOrientation / "goldens.json"));
  ASSERT_GE(goldens["parts"].size(), 200u);
  for (const auto& entry : goldens["parts"]) {
    EXPECT_EQ(read_orientation(from_hex(entry["exif"])), entry["orientation"].get<int>())
        << entry["what"];
  }
}

}  // namespace
}  // namespace clipstill::image
