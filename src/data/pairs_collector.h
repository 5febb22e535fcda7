// What every reader of pairs does with its rows: check them, join the rows of one image, count
// the bad ones.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/pairs.h"

namespace clipstill::data {

class RecordCollector {
 public:
  /// `name` stands for the source in messages.
  RecordCollector(std::string name, const PairOptions& options)
      : name_(std::move(name)), options_(options) {}

  /// Counts a row that cannot be read.
  void reject(std::string origin, std::string reason);

  /// Checks a row and adds its texts to the record of the same image, or begins one: true then,
  /// and the record is the last one. A missing id becomes the image's path, a missing language the
  /// options' default. False also for a row that was rejected.
  bool add(PairRecord row);

  /// Missing labels become the ids. kBadData with the first bad rows if they are too many, or if
  /// no record is left; else a warning with them if there are any.
  void finish();

  std::vector<PairRecord> take_records() { return std::move(records_); }
  std::vector<BadRow> take_bad_rows() { return std::move(bad_rows_); }

 private:
  std::string join(PairRecord& record, PairRecord& row) const;
  std::string summary() const;

  std::string name_;
  PairOptions options_;
  std::vector<PairRecord> records_;
  std::vector<BadRow> bad_rows_;
  size_t rows_ = 0;
  std::unordered_map<std::string, size_t> by_image_, by_id_;
};

/// Hash over all that training sees of the records, which is all but the category. `image_identity`
/// adds what tells one image from another.
std::string fingerprint_records(const std::vector<PairRecord>& records,
                                const std::function<std::string(size_t)>& image_identity);

bool is_utf8(std::string_view text);

/// "train", "val" or "test" for the names that these have in data sets ("Training", "dev"); others
/// in lower case.
std::string canonical_split(const std::string& split);
bool is_split(std::string_view canonical);

}  // namespace clipstill::data
