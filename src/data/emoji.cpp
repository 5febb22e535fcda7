#include "data/emoji.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "core/interrupt.h"
#include "core/parallel.h"
#include "core/progress.h"
#include "data/emoji_packages.h"
#include "data/pack.h"
#include "image/codec.h"
#include "image/resize.h"

namespace clipstill::data {
namespace {

constexpr size_t kChunk = 256;  // images that are drawn in parallel, then written in order

std::vector<EmojiStyle> chosen_styles(const StringList& names) {
  std::vector<EmojiStyle> chosen;
  for (const auto& name : names) {
    const auto& all = emoji_styles();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const auto& style) { return style.name == name; });
    if (found == all.end()) fail(ErrorCode::kUsage, "no emoji style is called \"{}\"", name);
    chosen.push_back(*found);
  }
  return chosen;
}

// Everything that the built bytes depend on.
std::string recipe(const EmojiOptions& options) {
  Hasher hasher;
  hasher.update("emoji v1").update(static_cast<uint64_t>(options.size));
  hasher.update(kEmojiTexts.version);
  for (const auto& language : options.languages) hasher.update(language);
  for (const auto& style : chosen_styles(options.styles)) {
    hasher.update(style.name).update(style.version);
  }
  return hasher.hex();
}

bool is_built(const fs::path& folder, const std::string& wanted) {
  const auto index = folder / "index.json";
  if (!fs::exists(index)) return false;
  const auto json = nlohmann::json::parse(read_file(index), nullptr, /*allow_exceptions=*/false);
  return !json.is_discarded() && json.contains("info") && json["info"].value("recipe", "") == wanted;
}

std::string draw(const fs::path& file, int size) {
  const MappedFile content(file);
  const auto name = file.string();
  if (image::detect_format(content.bytes()) == image::Format::kSvg) {
    return image::encode_png(image::rasterise_svg(content.bytes(), size, name));
  }
  return image::encode_png(
      image::resize(image::decode(content.bytes(), name), size, size, image::Filter::kBicubic));
}

struct Job {
  PairRecord record;
  fs::path file;
};

std::string data_card(const EmojiOptions& options, size_t concepts,
                      const std::map<std::string, size_t>& coverage) {
  std::string card = fmt::format(
      "# Bilingual emoji\n\n{} concepts, images of {} x {} pixels with alpha, texts in: {}.\n\n"
      "Texts: npm package {} {}, licence {}.\n\n"
      "| style | npm package | version | concepts drawn | licence |\n|---|---|---|---|---|\n",
      concepts, options.size, options.size, fmt::join(options.languages, ", "),
      kEmojiTexts.package, kEmojiTexts.version, kEmojiTexts.licence);
  for (const auto& style : chosen_styles(options.styles)) {
    card += fmt::format("| {} | {} | {} | {} | {} |\n", style.name, style.package, style.version,
                        coverage.at(style.name), style.licence);
  }
  card += "\nEach record is one drawing: label = code points without FE0F, domain = style; per "
          "language the emoji's name, then its tags joined by commas.\n";
  return card;
}

}  // namespace

void declare_options(OptionSet& set, EmojiOptions& options) {
  StringList names;
  for (const auto& style : emoji_styles()) names.push_back(style.name);
  set.add("packages", options.packages, "folder that holds the npm packages");
  set.add("size", options.size, "edge of the images in pixels").range(8, 1024);
  set.add("styles", options.styles, "drawing styles").choices(names);
  set.add("languages", options.languages, "emojibase languages; a concept needs all of them");
}

bool build_emoji(const std::filesystem::path& folder, const EmojiOptions& options) {
  const auto wanted = recipe(options);
  if (is_built(folder, wanted)) return false;

  const fs::path packages = options.packages;
  const auto styles = chosen_styles(options.styles);
  check_package(packages, kEmojiTexts);
  for (const auto& style : styles) check_package(packages, style);

  const auto concepts = read_concepts(packages, options.languages);
  std::map<std::string, size_t> coverage;
  std::vector<Job> jobs;
  for (const auto& style : styles) {
    const auto drawings = list_drawings(packages, style);
    coverage[style.name] = 0;
    for (const auto& item : concepts) {
      const auto drawing = drawings.find(item.hexcode);
      if (drawing == drawings.end()) continue;
      ++coverage[style.name];
      PairRecord record;
      record.id = item.hexcode + "/" + style.name;
      record.texts = item.texts;
      record.label = item.hexcode;
      record.domain = style.name;
      record.origin = drawing->second.string();
      jobs.push_back({std::move(record), drawing->second});
    }
  }

  PackWriter writer(folder);
  Progress progress("draw emoji", "images", jobs.size());
  for (size_t first = 0; first < jobs.size(); first += kChunk) {
    if (interrupt_requested()) {
      fail(ErrorCode::kInterrupted, "stopped; {} is incomplete and will be built anew",
           folder.string());
    }
    std::vector<std::string> images(std::min(kChunk, jobs.size() - first));
    parallel_for(images.size(), [&](size_t i) {
      images[i] = draw(jobs[first + i].file, static_cast<int>(options.size));
    });
    for (size_t i = 0; i < images.size(); ++i) {
      writer.add(jobs[first + i].record,
                 {reinterpret_cast<const uint8_t*>(images[i].data()), images[i].size()});
    }
    progress.advance(images.size());
  }
  write_file(folder / "DATA_CARD.md", data_card(options, concepts.size(), coverage));
  writer.finish(nlohmann::json{{"name", "bilingual emoji"}, {"recipe", wanted}}.dump());
  return true;
}

}  // namespace clipstill::data
