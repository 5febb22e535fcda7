#include "data/pair_set.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/contains.h"
#include "core/error.h"
#include "core/hash.h"
#include "data/tag_views.h"
#include "image/orientation.h"

namespace clipstill::data {
namespace {

// Those of `chosen` (empty: of all) that a text of the records is in; without a choice as they come
// in the whole source, so that sets of one source count them alike.
std::vector<std::string> languages_of(const PairSource& source, const std::vector<size_t>& records,
                                      const std::vector<std::string>& chosen) {
  auto all = chosen;
  if (chosen.empty()) {
    for (const auto& record : source.records()) {
      for (const auto& text : record.texts) {
        if (!contains(all, text.lang)) all.push_back(text.lang);
      }
    }
  }
  std::set<std::string> here;
  for (const size_t record : records) {
    for (const auto& text : source.records()[record].texts) here.insert(text.lang);
  }
  std::erase_if(all, [&](const std::string& language) { return !here.contains(language); });
  return all;
}

std::map<std::string_view, int64_t> dense_labels(const PairSource& source) {
  std::map<std::string_view, int64_t> ids;
  for (const auto& record : source.records()) ids.emplace(record.label, 0);
  int64_t next = 0;
  for (auto& [label, id] : ids) id = next++;
  return ids;
}

std::string fill(const std::string& pattern, const std::string& text) {
  const size_t gap = pattern.find("{}");
  return pattern.substr(0, gap) + text + pattern.substr(gap + 2);
}

// "en:a photo of {}" -> [index of "en"] "a photo of {}".
std::vector<std::vector<std::string>> by_language(const std::vector<std::string>& templates,
                                                  const std::vector<std::string>& languages) {
  std::vector<std::vector<std::string>> sorted(languages.size());
  for (const auto& entry : templates) {
    const size_t colon = entry.find(':');
    if (colon == std::string::npos || entry.find("{}", colon) == std::string::npos) {
      fail(ErrorCode::kUsage,
           "template \"{}\": expected a language, a colon and a sentence with {{}} in it, as in "
           "\"en:a photo of {{}}\"",
           entry);
    }
    const auto found = std::find(languages.begin(), languages.end(), entry.substr(0, colon));
    if (found != languages.end()) {
      sorted[static_cast<size_t>(found - languages.begin())].push_back(entry.substr(colon + 1));
    }
  }
  return sorted;
}

}  // namespace

int64_t PairSet::text_id(const std::string& text) {
  const auto [entry, is_new] = text_ids_.emplace(text, static_cast<int64_t>(texts_.size()));
  if (is_new) texts_.push_back(text);
  return entry->second;
}

PairSet::PairSet(std::shared_ptr<const PairSource> source, std::vector<size_t> records,
                 const std::vector<std::string>& languages,
                 const std::vector<std::string>& templates, bool apply_orientation,
                 int64_t tag_views)
    : source_(std::move(source)),
      records_(std::move(records)),
      apply_orientation_(apply_orientation),
      languages_(languages_of(*source_, records_, languages)),
      templates_(by_language(templates, languages_)) {
  const auto label_ids = dense_labels(*source_);
  Hasher hasher;
  hasher.update(source_->fingerprint());
  for (const size_t index : records_) {
    const auto& record = source_->records()[index];
    hasher.update(record.id);
    labels_.push_back(label_ids.at(record.label));
    auto& texts_by_language = sample_texts_.emplace_back(languages_.size());
    for (const auto& text : record.texts) {
      const auto found = std::find(languages_.begin(), languages_.end(), text.lang);
      if (found == languages_.end()) continue;
      const auto language = static_cast<size_t>(found - languages_.begin());
      auto& ids = texts_by_language[language];
      const bool is_first = ids.empty();
      ids.push_back(text_id(text.text));
      if (!is_first) continue;
      for (const auto& pattern : templates_[language])
        ids.push_back(text_id(fill(pattern, text.text)));
    }
  }
  own_texts_ = texts_.size();
  if (tag_views > 0) add_tag_views(tag_views);
  for (const auto& text : texts_) hasher.update(text);
  fingerprint_ = hasher.hex();
}

void PairSet::add_tag_views(int64_t count) {
  for (int64_t sample = 0; sample < size(); ++sample) {
    for (const auto& text : record(sample).texts) {
      const auto found = std::ranges::find(languages_, text.lang);
      if (text.kind != "tags" || found == languages_.end()) continue;
      auto& ids = sample_texts_[sample][static_cast<size_t>(found - languages_.begin())];
      for (const auto& view : tag_views(text.text, count)) ids.push_back(text_id(view));
    }
  }
}

const PairRecord& PairSet::record(int64_t sample) const {
  return source_->records()[records_[sample]];
}

std::vector<uint8_t> PairSet::read_image(int64_t sample) const {
  return source_->read_image(records_[sample]);
}

image::Image PairSet::decode_image(int64_t sample, bool apply_orientation) const {
  return image::decode_oriented(read_image(sample), record(sample).image,
                                apply_orientation_ || apply_orientation);
}

}  // namespace clipstill::data
