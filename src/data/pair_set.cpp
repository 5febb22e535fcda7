#include "data/pair_set.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "core/hash.h"

namespace clipstill::data {
namespace {

std::vector<std::string> all_languages(const PairSource& source) {
  std::vector<std::string> languages;
  for (const auto& record : source.records()) {
    for (const auto& text : record.texts) {
      if (std::find(languages.begin(), languages.end(), text.lang) == languages.end()) {
        languages.push_back(text.lang);
      }
    }
  }
  return languages;
}

std::map<std::string_view, int64_t> dense_labels(const PairSource& source) {
  std::map<std::string_view, int64_t> ids;
  for (const auto& record : source.records()) ids.emplace(record.label, 0);
  int64_t next = 0;
  for (auto& [label, id] : ids) id = next++;
  return ids;
}

}  // namespace

PairSet::PairSet(std::shared_ptr<const PairSource> source, std::vector<size_t> records,
                 const std::vector<std::string>& languages)
    : source_(std::move(source)),
      records_(std::move(records)),
      languages_(languages.empty() ? all_languages(*source_) : languages) {
  const auto label_ids = dense_labels(*source_);
  std::unordered_map<std::string_view, int64_t> text_ids;
  Hasher hasher;
  hasher.update(source_->fingerprint());
  for (const size_t index : records_) {
    const auto& record = source_->records()[index];
    hasher.update(record.id);
    labels_.push_back(label_ids.at(record.label));
    auto& by_language = sample_texts_.emplace_back(languages_.size());
    for (const auto& text : record.texts) {
      const auto language = std::find(languages_.begin(), languages_.end(), text.lang);
      if (language == languages_.end()) continue;
      const auto [entry, is_new] =
          text_ids.emplace(text.text, static_cast<int64_t>(texts_.size()));
      if (is_new) texts_.push_back(text.text);
      by_language[language - languages_.begin()].push_back(entry->second);
    }
  }
  for (const auto& text : texts_) hasher.update(text);
  fingerprint_ = hasher.hex();
}

const PairRecord& PairSet::record(int64_t sample) const {
  return source_->records()[records_[sample]];
}

std::vector<uint8_t> PairSet::read_image(int64_t sample) const {
  return source_->read_image(records_[sample]);
}

}  // namespace clipstill::data
