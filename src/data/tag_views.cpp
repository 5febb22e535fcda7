#include "data/tag_views.h"

#include <fmt/ranges.h>

#include <utility>

#include "core/contains.h"
#include "core/trimmed.h"
#include "data/draws.h"

namespace clipstill::data {
namespace {

std::vector<std::string> split_tags(std::string_view tags) {
  std::vector<std::string> split;
  for (size_t start = 0; start <= tags.size();) {
    size_t end = tags.size();
    size_t width = 1;
    for (const std::string_view separator : {",", ";", "，", "、", "；"}) {
      if (const size_t at = tags.find(separator, start); at < end) {
        end = at;
        width = separator.size();
      }
    }
    const auto tag = trimmed(tags.substr(start, end - start));
    if (!tag.empty()) split.emplace_back(tag);
    start = end + width;
  }
  return split;
}

}  // namespace

std::vector<std::string> tag_views(std::string_view tags, int64_t count) {
  const auto all = split_tags(tags);
  std::vector<std::string> views;
  if (all.size() < 2) return views;
  const uint64_t key = text_key(tags);
  std::vector<std::string> seen{fmt::format("{}", fmt::join(all, ", "))};
  for (int64_t view = 0; view < count; ++view) {
    Rng rng{key, static_cast<uint64_t>(view)};
    std::vector<std::string> kept;
    for (const auto& tag : all) {
      if (rng.chance(0.5)) kept.push_back(tag);
    }
    if (kept.empty()) kept.push_back(all[rng.below(all.size())]);
    permute(kept, rng);
    auto text = fmt::format("{}", fmt::join(kept, ", "));
    if (contains(seen, text)) continue;
    seen.push_back(text);
    views.push_back(std::move(text));
  }
  return views;
}

}  // namespace clipstill::data
