// Pixels and tensors against the reference libraries (tests/reference/image_goldens.py).
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/files.h"
#include "image/codec.h"
#include "image/preprocess.h"

namespace clipstill::image {
namespace {

using nlohmann::json;

const fs::path kFolder = fs::path(CLIPSTILL_TEST_DATA) / "image";

class ImageGoldens : public testing::Test {
 protected:
  Image load(const json& entry) const {
    const std::string name = entry["file"];
    const MappedFile file(kFolder / name);
    return decode(file.bytes(), name);
  }

  template <class T>
  std::vector<T> expected(const json& entry) const {
    size_t count = 1;
    for (const size_t length : entry["shape"]) count *= length;
    std::vector<T> values(count);
    const size_t offset = entry["offset"];
    if (offset + count * sizeof(T) > blob_.size()) throw std::out_of_range("goldens.bin is short");
    std::memcpy(values.data(), blob_.data() + offset, count * sizeof(T));
    return values;
  }

  void expect_pixels(const Image& image, const json& entry) const {
    ASSERT_EQ(json({image.height, image.width, image.channels}), entry["shape"]);
    const auto wanted = expected<uint8_t>(entry);
    const auto [ours, theirs] = std::ranges::mismatch(image.pixels, wanted);
    if (ours == image.pixels.end()) return;
    ADD_FAILURE() << "value " << ours - image.pixels.begin() << " is " << int{*ours}
                  << ", the reference has " << int{*theirs};
  }

  const json goldens_ = json::parse(read_file(kFolder / "goldens.json"));
  const std::string blob_ = read_file(kFolder / "goldens.bin");
};

Filter filter_of(int pillow_number) {
  constexpr Filter kFilters[] = {Filter::kNearest, Filter::kLanczos, Filter::kBilinear,
                                 Filter::kBicubic};
  return kFilters[pillow_number];
}

TEST_F(ImageGoldens, DecodesAsPillow) {
  ASSERT_GE(goldens_["decode"].size(), 25u);
  for (const auto& entry : goldens_["decode"]) {
    SCOPED_TRACE(entry["file"]);
    expect_pixels(load(entry), entry);
  }
}

TEST_F(ImageGoldens, ProbesTheSizeThatItDecodes) {
  for (const auto& entry : goldens_["decode"]) {
    SCOPED_TRACE(entry["file"]);
    const MappedFile file(kFolder / entry["file"].get<std::string>());
    const auto size = probe_size(file.bytes(), "image");
    EXPECT_EQ(json({size.height, size.width}), json({entry["shape"][0], entry["shape"][1]}));
  }
}

TEST_F(ImageGoldens, ResizesAsPillow) {
  ASSERT_GE(goldens_["resize"].size(), 61u);
  for (const auto& entry : goldens_["resize"]) {
    SCOPED_TRACE(entry.dump());
    const auto& box = entry["box"];
    expect_pixels(resize(load(entry), entry["shape"][1], entry["shape"][0],
                         filter_of(entry["filter"]), Box{box[0], box[1], box[2], box[3]}),
                  entry);
  }
}

TEST_F(ImageGoldens, MakesTheTensorsOfTheHuggingFaceProcessors) {
  ASSERT_GE(goldens_["preprocess"].size(), 12u);
  for (const auto& entry : goldens_["preprocess"]) {
    SCOPED_TRACE(entry["file"]);
    const auto options =
        Preprocess::from_json(entry["config"].get<std::string>(), "preprocessor_config.json");
    const auto wanted = expected<float>(entry);
    std::vector<float> tensor(wanted.size());
    preprocess(load(entry), options, tensor);
    for (size_t i = 0; i < wanted.size(); ++i) ASSERT_NEAR(tensor[i], wanted[i], 1e-6) << i;
  }
}

}  // namespace
}  // namespace clipstill::image
