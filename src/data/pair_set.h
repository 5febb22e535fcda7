// The records of one split as training and evaluation see them: dense labels and a table of the
// distinct texts.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/pairs.h"

namespace clipstill::data {

class PairSet {
 public:
  /// `languages` keeps the texts of these languages (all, if empty). Records without such a text
  /// stay, for their images. Label ids are dense over the whole source, so that the sets of one
  /// source agree on them.
  PairSet(std::shared_ptr<const PairSource> source, std::vector<size_t> records,
          const std::vector<std::string>& languages);

  int64_t size() const { return static_cast<int64_t>(records_.size()); }
  const PairRecord& record(int64_t sample) const;
  std::vector<uint8_t> read_image(int64_t sample) const;
  int64_t label(int64_t sample) const { return labels_[sample]; }
  std::span<const int64_t> labels() const { return labels_; }

  /// Distinct texts of the set; a text id is an index into this.
  const std::vector<std::string>& texts() const { return texts_; }
  /// Text ids of a sample by language, in the record's order; the first is the one that
  /// evaluation uses.
  const std::vector<std::vector<int64_t>>& texts_of(int64_t sample) const {
    return sample_texts_[sample];
  }
  const std::vector<std::string>& languages() const { return languages_; }

  /// Hash over the source's fingerprint, the chosen records and the text table.
  const std::string& fingerprint() const { return fingerprint_; }

 private:
  std::shared_ptr<const PairSource> source_;
  std::vector<size_t> records_;
  std::vector<int64_t> labels_;
  std::vector<std::string> texts_;
  std::vector<std::string> languages_;
  std::vector<std::vector<std::vector<int64_t>>> sample_texts_;  // [sample][language][text]
  std::string fingerprint_;
};

}  // namespace clipstill::data
