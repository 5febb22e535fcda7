#include "data/emoji_packages.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"

namespace clipstill::data {
namespace {

using nlohmann::json;

// Runs `read` on the JSON of a package's file; whatever is wrong with it, the package is.
template <class Read>
void read_json(const fs::path& path, Read read) {
  try {
    read(json::parse(read_file(path)));
  } catch (const json::exception& error) {
    fail(ErrorCode::kBadData, "{}: not what the package should hold: {}; {}", path.string(),
         error.what(), kInstallPackages);
  }
}

// Keys of emojibase's groups, by their number.
json read_groups(const fs::path& packages) {
  json groups = json::array();
  read_json(packages / kEmojiTexts.package / "en" / "messages.json", [&](const json& messages) {
    for (const auto& group : messages.at("groups")) {
      groups[group.at("order").get<size_t>()] = group.at("key");
    }
  });
  return groups;
}

}  // namespace

const EmojiStyle kEmojiTexts{"texts", "emojibase-data", "17.0.0",
                             "",      ".json",          "MIT (annotations: Unicode CLDR)"};

const std::vector<EmojiStyle>& emoji_styles() {
  static const std::vector<EmojiStyle> styles{
      {"twemoji", "@twemoji/svg", "15.0.0", "", ".svg", "CC-BY 4.0"},
      {"openmoji", "openmoji", "16.0.0", "color/svg", ".svg", "CC-BY-SA 4.0"},
      {"fluent-flat", "@lobehub/fluent-emoji-flat", "1.1.0", "assets", ".svg", "MIT"},
      {"fluent-3d", "@lobehub/fluent-emoji-3d", "1.1.0", "assets", ".webp", "MIT"},
      {"noto", "emoji-datasource-google", "16.0.0", "img/google/64", ".png", "Apache-2.0"}};
  return styles;
}

void check_package(const std::filesystem::path& packages, const EmojiStyle& package) {
  const auto path = packages / package.package / "package.json";
  if (!fs::exists(path)) {
    fail(ErrorCode::kMissingFile, "{}: the npm package {} {} is not installed there; {}",
         path.string(), package.package, package.version, kInstallPackages);
  }
  std::string found;
  read_json(path, [&](const json& info) { found = info.at("version").get<std::string>(); });
  if (found != package.version) {
    fail(ErrorCode::kBadData, "{}: expected {} {}, found {}; {}", path.string(), package.package,
         package.version, found, kInstallPackages);
  }
}

std::string canonical_hexcode(std::string_view name) {
  std::string out;
  for (size_t start = 0; start <= name.size();) {
    const size_t dash = std::min(name.find('-', start), name.size());
    std::string part(name.substr(start, dash - start));
    std::transform(part.begin(), part.end(), part.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    if (part.size() < 4) part.insert(0, 4 - part.size(), '0');
    if (part != "FE0F") out += (out.empty() ? "" : "-") + part;
    start = dash + 1;
  }
  return out;
}

std::vector<EmojiConcept> read_concepts(const std::filesystem::path& packages,
                                        const StringList& languages) {
  const json groups = read_groups(packages);
  std::vector<std::string> order;
  std::map<std::string, EmojiConcept> concepts;
  for (const auto& language : languages) {
    const auto path = packages / kEmojiTexts.package / language / "data.json";
    if (!fs::exists(path)) {
      fail(ErrorCode::kUsage, "{}: emojibase-data has no language \"{}\"", path.string(), language);
    }
    read_json(path, [&](const json& entries) {
      for (const auto& entry : entries) {
        const auto hexcode = canonical_hexcode(entry.at("hexcode").get<std::string>());
        if (!entry.contains("group") || entry.value("label", "").empty()) continue;
        auto& item = concepts[hexcode];
        if (item.hexcode.empty()) order.push_back(hexcode);
        item.hexcode = hexcode;
        item.category = groups.at(entry.at("group").get<size_t>()).get<std::string>();
        item.texts.push_back({entry.at("label").get<std::string>(), language, "label"});
        const auto tags = entry.value("tags", StringList());
        if (!tags.empty()) {
          item.texts.push_back({fmt::format("{}", fmt::join(tags, ", ")), language, "tags"});
        }
      }
    });
  }
  std::vector<EmojiConcept> complete;
  for (const auto& hexcode : order) {
    auto& item = concepts[hexcode];
    const auto labels = std::count_if(item.texts.begin(), item.texts.end(),
                                      [](const Text& text) { return text.kind == "label"; });
    if (static_cast<size_t>(labels) == languages.size()) complete.push_back(std::move(item));
  }
  if (complete.empty()) {
    fail(ErrorCode::kBadData, "{}: no emoji has a name in every one of: {}; {}",
         (packages / kEmojiTexts.package).string(), fmt::join(languages, ", "), kInstallPackages);
  }
  return complete;
}

std::map<std::string, std::filesystem::path> list_drawings(const std::filesystem::path& packages,
                                                           const EmojiStyle& style) {
  const auto folder = packages / style.package / style.folder;
  if (!fs::is_directory(folder)) {
    fail(ErrorCode::kMissingFile, "{}: the drawings of {} are not there; {}", folder.string(),
         style.package, kInstallPackages);
  }
  // Where a package has the drawing with and without FE0F, the shorter name; the order in which
  // a folder lists its files is not defined.
  const auto is_preferred = [](const fs::path& one, const fs::path& other) {
    const auto &a = one.native(), &b = other.native();
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  };
  std::map<std::string, fs::path> drawings;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != style.extension) continue;
    auto& chosen = drawings[canonical_hexcode(entry.path().stem().string())];
    if (chosen.empty() || is_preferred(entry.path(), chosen)) chosen = entry.path();
  }
  return drawings;
}

}  // namespace clipstill::data
