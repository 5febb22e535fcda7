#include "tiny_set.h"

#include <fmt/format.h>

#include <cmath>

#include "image/codec.h"

namespace clipstill::e2e {
namespace {

constexpr int kEdge = 24;  // pixels

struct Colour {
  const char *en, *zh;
  uint8_t rgb[3];
};
constexpr Colour kColours[] = {
    {"red", "红色", {220, 30, 30}},     {"green", "绿色", {30, 170, 60}},
    {"blue", "蓝色", {40, 60, 220}},    {"yellow", "黄色", {230, 210, 40}},
    {"purple", "紫色", {150, 40, 180}}, {"grey", "灰色", {120, 120, 120}}};
constexpr std::pair<const char*, const char*> kShapes[] = {
    {"disc", "圆盘"}, {"square", "方块"}, {"cross", "十字"}, {"bar", "横条"}};
constexpr const char* kStyles[] = {"flat", "night", kHeldOut};

bool is_inside(int shape, double x, double y) {  // in [-1, 1]
  switch (shape) {
    case 0:
      return x * x + y * y < 0.6;
    case 1:
      return std::abs(x) < 0.7 && std::abs(y) < 0.7;
    case 2:
      return std::abs(x) < 0.25 || std::abs(y) < 0.25;
    default:
      return std::abs(y) < 0.35;
  }
}

std::string draw(const std::string& style, const Colour& colour, int shape) {
  image::Image picture(kEdge, kEdge, 3);
  const uint8_t background = style == "night" ? 15 : 250;
  for (int y = 0; y < kEdge; ++y) {
    for (int x = 0; x < kEdge; ++x) {
      const double u = 2.0 * x / (kEdge - 1) - 1, v = 2.0 * y / (kEdge - 1) - 1;
      const bool hollow = style == kHeldOut && is_inside(shape, 1.4 * u, 1.4 * v);
      for (int c = 0; c < 3; ++c) {
        picture.row(y)[3 * x + c] = is_inside(shape, u, v) && !hollow ? colour.rgb[c] : background;
      }
    }
  }
  return image::encode_png(picture);
}

}  // namespace

TinySet::TinySet(HeldOut held_out) {
  std::string csv = "image,text,lang,label,domain,category\n";
  for (const std::string style : kStyles) {
    const bool is_unreadable = held_out == HeldOut::kUnreadable && style == kHeldOut;
    for (int i = 0; i < kConcepts; ++i) {
      const auto& colour = kColours[i % 6];
      const auto& [en, zh] = kShapes[i / 6];
      const auto path = image(style, i);
      write_file(path, is_unreadable ? "never read" : draw(style, colour, i / 6));
      const auto row = [&](const std::string& text, const char* lang) {
        csv += fmt::format("{},{},{},concept-{},{},{}\n", path.filename().string(), text, lang, i,
                           style, en);
      };
      row(fmt::format("{} {}{}", colour.en, en, is_unreadable ? " quixotically" : ""), "en");
      row(fmt::format("{}{}{}", colour.zh, zh, is_unreadable ? "秘密" : ""), "zh");
    }
  }
  write_file(folder() / "pairs.csv", csv);
}

fs::path TinySet::image(const std::string& style, int concept_index) const {
  return folder() / fmt::format("{}-{:02}.png", style, concept_index);
}

fs::path TinySet::write_config(const std::string& name, const std::string& more) const {
  const auto path = folder() / (name + ".toml");
  write_file(path, fmt::format(R"(data.path = "{}"
data.languages = ["en", "zh"]
data.templates = ["en:a drawing of a {{}}", "zh:{{}}的图"]
data.holdout = "{}"
data.validation_share = 0.15
tokenizer.vocabulary = 90
augment.crop_scale_min = 0.9
augment.saturation = 0.1
augment.hue = 0
augment.greyscale = 0
model.image.size = 16
model.text.context = 12
model.text.layers = 1
train.steps = {}
train.batch = 8
train.lr = 4e-3
train.warmup = 4
train.ema = 0.9
train.views = 3
train.threads = 1
train.evaluate_every = 6
train.checkpoint_every = 4
{})",
                               (folder() / "pairs.csv").string(), kHeldOut, kSteps, more));
  return path;
}

std::string native() {
  return "model.image.width = 16\nmodel.image.blocks = [1]\n";
}

std::string distilled(const fs::path& teacher, const fs::path& cache) {
  return fmt::format(R"(teacher.folder = "{}"
teacher.cache = "{}"
model.image.width = 8
model.image.blocks = [1, 1]
model.text.width = 32
model.embed_dim = 32
loss.kl.weight = 1.0
loss.fd.weight = 2.0
loss.icl.weight = 0.5
)",
                     teacher.string(), cache.string());
}

}  // namespace clipstill::e2e
