#include "data/emoji.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/bytes.h"
#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "core/interrupt.h"
#include "core/parallel.h"
#include "core/progress.h"
#include "data/emoji_card.h"
#include "data/emoji_packages.h"
#include "data/pack.h"
#include "data/pairs_packed.h"
#include "image/codec.h"
#include "image/resize.h"

namespace clipstill::data {
namespace {

constexpr size_t kDrawnAtATime = 256;  // images that are drawn in parallel, then written in order

StringList style_names() {
  StringList names;
  for (const auto& style : emoji_styles()) names.push_back(style.name);
  return names;
}

void refuse_repeats(const char* option, const StringList& values) {
  if (values.empty()) fail(ErrorCode::kUsage, "{}: at least one is needed", option);
  for (auto value = values.begin(); value != values.end(); ++value) {
    if (std::find(values.begin(), value, *value) != value) {
      fail(ErrorCode::kUsage, "{}: \"{}\" is given twice", option, *value);
    }
  }
}

std::vector<EmojiStyle> chosen_styles(const StringList& names) {
  std::vector<EmojiStyle> chosen;
  for (const auto& name : names) {
    const auto& all = emoji_styles();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const auto& style) { return style.name == name; });
    if (found == all.end()) {
      fail(ErrorCode::kUsage, "no emoji style is called \"{}\"; there are: {}", name,
           fmt::join(style_names(), ", "));
    }
    chosen.push_back(*found);
  }
  return chosen;
}

// Everything that the built bytes depend on.
std::string recipe(const EmojiOptions& options, const std::vector<EmojiStyle>& styles) {
  Hasher hasher;
  hasher.update("emoji v3").update(static_cast<uint64_t>(options.size));
  hasher.update(kEmojiTexts.version);
  for (const auto& language : options.languages) hasher.update(language);
  for (const auto& style : styles) {
    hasher.update(style.name).update(style.version);
  }
  return hasher.hex();
}

bool is_built(const fs::path& folder, const std::string& wanted) {
  const auto index = folder / "index.json";
  if (!fs::exists(index)) return false;
  try {
    if (nlohmann::json::parse(read_file(index)).at("info").at("recipe") != wanted) return false;
    open_packed(folder);  // its shards are there, with the right sizes
    return true;
  } catch (const nlohmann::json::exception&) {
  } catch (const Error&) {
  }
  return false;
}

image::Image to_rgba(const image::Image& source) {
  if (source.channels == 4) return source;
  image::Image rgba(source.width, source.height, 4);
  const size_t pixels = static_cast<size_t>(source.width) * source.height;
  for (size_t i = 0; i < pixels; ++i) {
    for (size_t c = 0; c < 3; ++c) {
      rgba.pixels[4 * i + c] = source.pixels[source.channels == 1 ? i : 3 * i + c];
    }
    rgba.pixels[4 * i + 3] = 255;
  }
  return rgba;
}

// Aspect kept, centred on a transparent square.
image::Image fit_square(const image::Image& source, int size) {
  const int longer = std::max(source.width, source.height);
  const auto scaled = [&](int edge) {
    return std::max(1, static_cast<int>(std::lround(static_cast<double>(edge) * size / longer)));
  };
  const int width = scaled(source.width), height = scaled(source.height);
  auto resized = image::resize(source, width, height, image::Filter::kBicubic);
  if (width == height) return resized;
  image::Image square(size, size, 4);
  for (int y = 0; y < height; ++y) {
    std::copy_n(resized.row(y), static_cast<size_t>(width) * 4,
                square.row(y + (size - height) / 2) + static_cast<size_t>(size - width) / 2 * 4);
  }
  return square;
}

std::string draw(const fs::path& file, int size) {
  const MappedFile content(file);
  const auto name = file.string();
  if (image::detect_format(content.bytes()) == image::Format::kSvg) {
    return image::encode_png(image::rasterise_svg(content.bytes(), size, name));
  }
  return image::encode_png(fit_square(to_rgba(image::decode(content.bytes(), name)), size));
}

struct Job {
  PairRecord record;
  fs::path file;
};

// One job per style and concept; counts the concepts that each style draws.
std::vector<Job> plan(const fs::path& packages, const std::vector<EmojiStyle>& styles,
                      const std::vector<EmojiConcept>& concepts,
                      std::map<std::string, size_t>& drawn) {
  std::vector<Job> jobs;
  for (const auto& style : styles) {
    const auto drawings = list_drawings(packages, style);
    const size_t before = jobs.size();
    for (const auto& item : concepts) {
      const auto drawing = drawings.find(item.hexcode);
      if (drawing == drawings.end()) continue;
      PairRecord record;
      record.id = item.hexcode + "/" + style.name;
      record.texts = item.texts;
      record.label = item.hexcode;
      record.domain = style.name;
      record.category = item.category;
      record.origin = drawing->second.string();
      jobs.push_back({std::move(record), drawing->second});
    }
    drawn[style.name] = jobs.size() - before;
    if (jobs.size() == before) {
      fail(ErrorCode::kBadData, "{}: no drawing of any of the {} concepts; {}",
           (packages / style.package / style.folder).string(), concepts.size(), kInstallPackages);
    }
  }
  return jobs;
}

void draw_all(const std::vector<Job>& jobs, int size, PackWriter& writer) {
  Progress progress("draw emoji", "images", jobs.size());
  for (size_t first = 0; first < jobs.size(); first += kDrawnAtATime) {
    if (interrupt_requested()) {
      fail(ErrorCode::kInterrupted,
           "stopped; nothing was kept, the next run draws all images anew");
    }
    std::vector<std::string> images(std::min(kDrawnAtATime, jobs.size() - first));
    parallel_for(images.size(), [&](size_t i) { images[i] = draw(jobs[first + i].file, size); });
    for (size_t i = 0; i < images.size(); ++i) {
      writer.add(jobs[first + i].record, bytes_of(images[i]));
    }
    progress.advance(images.size());
  }
}

}  // namespace

void declare_options(OptionSet& set, EmojiOptions& options) {
  set.add("packages", options.packages, "folder that holds the npm packages");
  set.add("size", options.size, "edge of the images in pixels").range(8, 1024);
  set.add("styles", options.styles, "drawing styles").choices(style_names());
  set.add("languages", options.languages, "emojibase languages; a concept needs all of them");
}

bool build_emoji(const std::filesystem::path& folder, const EmojiOptions& options) {
  refuse_repeats("styles", options.styles);
  refuse_repeats("languages", options.languages);
  const auto styles = chosen_styles(options.styles);
  const auto wanted = recipe(options, styles);
  if (is_built(folder, wanted)) return false;

  const fs::path packages = options.packages;
  check_package(packages, kEmojiTexts);
  for (const auto& style : styles) check_package(packages, style);
  const auto concepts = read_concepts(packages, options.languages);
  std::map<std::string, size_t> drawn;
  const auto jobs = plan(packages, styles, concepts, drawn);

  PackWriter writer(folder);
  draw_all(jobs, static_cast<int>(options.size), writer);
  write_file(folder / "DATA_CARD.md", emoji_card(options, styles, concepts, drawn));
  writer.finish(nlohmann::ordered_json{{"name", "bilingual emoji"}, {"recipe", wanted}}.dump());
  return true;
}

}  // namespace clipstill::data
