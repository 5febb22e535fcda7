// Pairs without files.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "data/pair_set.h"
#include "pair_fixtures.h"

namespace clipstill::data {

class MemoryPairs final : public PairSource {
 public:
  /// The picture of every record is `read(index)`.
  explicit MemoryPairs(
      std::vector<PairRecord> records, std::function<std::string(size_t)> read =
                                           [](size_t i) { return png(static_cast<uint8_t>(i)); })
      : read_(std::move(read)) {
    records_ = std::move(records);
  }
  std::vector<uint8_t> read_image(size_t index) const override {
    const auto content = read_(index);
    return {content.begin(), content.end()};
  }
  std::string fingerprint() const override { return "memory"; }

 private:
  std::function<std::string(size_t)> read_;
};

inline PairRecord record(const std::string& id, std::vector<Text> texts, const std::string& label,
                         const std::string& domain = {}, const std::string& split = {}) {
  return {id, id + ".png", std::move(texts), label, domain, /*category=*/{}, split, "memory:" + id};
}

/// `count` records "r0", "r1", … of one text each, every `per_label` of them of one label.
inline std::vector<PairRecord> numbered_records(int count, int per_label = 1) {
  std::vector<PairRecord> records;
  for (int i = 0; i < count; ++i) {
    const auto number = std::to_string(i);
    records.push_back(
        record("r" + number, {{"text " + number, "en", ""}}, "l" + std::to_string(i / per_label)));
  }
  return records;
}

/// All records of a source.
inline PairSet whole_set(std::shared_ptr<const PairSource> source,
                         const std::vector<std::string>& languages = {},
                         const std::vector<std::string>& templates = {}) {
  std::vector<size_t> all(source->records().size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = i;
  return {std::move(source), std::move(all), languages, templates};
}

}  // namespace clipstill::data
