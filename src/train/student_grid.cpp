#include "train/student_grid.h"

#include <fmt/format.h>

#include "core/options.h"

namespace clipstill::train {
namespace {

struct Kind {
  const char* arch;
  std::vector<int64_t> widths;  // multiples of 8, which kernels like, ascending
  StringList depths;            // blocks per stage, or layers
};

// What is not here (size, patch, head width, context, …) stays as the config has it; widths that a
// tower refuses with these values are left out.
const std::vector<Kind> kImageTowers{
    {"resnet",
     {8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 96, 112, 128},
     {"[1, 1, 1]", "[1, 2, 2]", "[2, 2, 2]", "[1, 1, 1, 1]", "[1, 1, 2, 1]", "[1, 1, 2, 2]",
      "[1, 2, 2, 2]", "[2, 2, 2, 2]"}},
    {"mobile",
     {16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128},
     {"[1, 2, 2]", "[1, 2, 2, 1]", "[1, 2, 3, 2]", "[1, 2, 5, 2]", "[2, 4, 8, 2]"}},
    {"vit",
     {32, 64, 96, 128, 160, 192, 256, 320, 384, 512},
     {"[2]", "[3]", "[4]", "[5]", "[6]", "[8]", "[10]", "[12]"}},
};
const std::vector<Kind> kTextTowers{
    {"transformer",
     {32, 64, 96, 128, 160, 192, 256, 320, 384, 512, 768},
     {"1", "2", "3", "4", "5", "6"}},
    {"lstm", {32, 48, 64, 80, 96, 112, 128, 160, 192, 256, 384, 512, 768}, {"1", "2"}},
};
// The token table is this much narrower than the text tower: by 4 as in configs/emoji.toml, by 8
// for a large vocabulary in a small student.
constexpr int64_t kTableFactors[] = {4, 8};

}  // namespace

std::vector<TowerSeries> image_series() {
  std::vector<TowerSeries> all;
  for (const auto& kind : kImageTowers) {
    for (const auto& blocks : kind.depths) {
      auto& series = all.emplace_back();
      for (const int64_t width : kind.widths) {
        series.push_back({{"model.image.arch", kind.arch},
                          {"model.image.width", fmt::format("{}", width)},
                          {"model.image.blocks", blocks}});
      }
    }
  }
  return all;
}

std::vector<TowerSeries> text_series() {
  std::vector<TowerSeries> all;
  for (const auto& kind : kTextTowers) {
    for (const auto& layers : kind.depths) {
      for (const int64_t factor : kTableFactors) {
        auto& series = all.emplace_back();
        for (const int64_t width : kind.widths) {
          series.push_back({{"model.text.arch", kind.arch},
                            {"model.text.width", fmt::format("{}", width)},
                            {"model.text.layers", layers},
                            {"model.text.embedding_width", fmt::format("{}", width / factor)}});
        }
      }
    }
  }
  return all;
}

}  // namespace clipstill::train
