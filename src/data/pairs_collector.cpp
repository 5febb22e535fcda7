#include "data/pairs_collector.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "core/error.h"
#include "core/hash.h"
#include "core/log.h"
#include "text/unicode.h"

namespace clipstill::data {
namespace {

constexpr size_t kListed = 5;  // bad rows named in a message

bool is_blank(std::string_view text) {
  for (size_t position = 0; position < text.size();) {
    if (!text::is_white_space(text::next_code_point(text, position))) return false;
  }
  return true;
}

// Why the row is bad; empty if it is good.
std::string fault_of(const PairRecord& row) {
  for (const auto* field :
       {&row.id, &row.image, &row.label, &row.domain, &row.category, &row.split}) {
    if (!is_utf8(*field)) return "not valid UTF-8";
  }
  if (row.texts.empty()) return "no text";
  for (const auto& text : row.texts) {
    for (const auto* field : {&text.text, &text.lang, &text.kind}) {
      if (!is_utf8(*field)) return "not valid UTF-8";
    }
    if (is_blank(text.text)) return "the text is empty";
  }
  if (!row.split.empty() && !is_split(row.split)) {
    return fmt::format("split \"{}\": expected train, val or test", row.split);
  }
  return {};
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (size_t position = 0; position < text.size();) {
    const size_t start = position;
    // U+FFFD stands for damage, unless the text itself spells it.
    if (text::next_code_point(text, position) == 0xfffd &&
        text.substr(start, position - start) != "\xef\xbf\xbd") {
      return false;
    }
  }
  return true;
}

std::string canonical_split(const std::string& split) {
  std::string name = split;
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (name == "validation" || name == "valid" || name == "dev") return "val";
  if (name == "training") return "train";
  if (name == "restval") return "train";  // of COCO: the validation images beyond val and test
  if (name == "testing") return "test";
  return name;
}

bool is_split(std::string_view canonical) {
  return canonical == "train" || canonical == "val" || canonical == "test";
}

void RecordCollector::reject(std::string origin, std::string reason) {
  ++rows_;
  bad_rows_.push_back({std::move(origin), std::move(reason)});
}

bool RecordCollector::add(PairRecord row) {
  row.split = canonical_split(row.split);
  for (auto& text : row.texts) {
    if (text.lang.empty()) text.lang = options_.default_language;
  }
  if (auto fault = fault_of(row); !fault.empty()) {
    reject(std::move(row.origin), std::move(fault));
    return false;
  }
  if (const auto known = by_image_.find(row.image); known != by_image_.end()) {
    auto fault = join(records_[known->second], row);
    if (fault.empty()) {
      ++rows_;
    } else {
      reject(std::move(row.origin), std::move(fault));
    }
    return false;
  }
  if (row.id.empty()) row.id = row.image;
  const auto [same_id, is_new] = by_id_.emplace(row.id, records_.size());
  if (!is_new) {
    reject(std::move(row.origin), fmt::format("duplicate id \"{}\", first at {}", row.id,
                                              records_[same_id->second].origin));
    return false;
  }
  ++rows_;
  by_image_.emplace(row.image, records_.size());
  records_.push_back(std::move(row));
  return true;
}

// Adds the texts of a further row of the same image. Returns why it cannot.
std::string RecordCollector::join(PairRecord& record, PairRecord& row) const {
  const auto differs = [&](const char* field, const std::string& first, const std::string& other) {
    return fmt::format("{} \"{}\", but {} gives the same image the {} \"{}\"", field, other,
                       record.origin, field, first);
  };
  if (!row.id.empty() && row.id != record.id) return differs("id", record.id, row.id);
  struct Shared {
    const char* name;
    std::string PairRecord::*member;
  };
  const Shared shared[] = {{"label", &PairRecord::label},
                           {"domain", &PairRecord::domain},
                           {"category", &PairRecord::category},
                           {"split", &PairRecord::split}};
  for (const auto& [name, member] : shared) {
    if (!(row.*member).empty() && !(record.*member).empty() && row.*member != record.*member) {
      return differs(name, record.*member, row.*member);
    }
  }
  for (const auto& [name, member] : shared) {
    if ((record.*member).empty()) record.*member = std::move(row.*member);
  }
  std::move(row.texts.begin(), row.texts.end(), std::back_inserter(record.texts));
  return {};
}

std::string RecordCollector::summary() const {
  std::string list;
  for (size_t i = 0; i < std::min(kListed, bad_rows_.size()); ++i) {
    list += fmt::format("\n  {}: {}", bad_rows_[i].origin, bad_rows_[i].reason);
  }
  if (bad_rows_.size() > kListed) list += fmt::format("\n  … {} more", bad_rows_.size() - kListed);
  return list;
}

void RecordCollector::finish() {
  for (auto& record : records_) {
    if (record.label.empty()) record.label = record.id;
  }
  const auto bad = static_cast<double>(bad_rows_.size());
  if (bad > options_.max_bad_share * static_cast<double>(rows_)) {
    fail(ErrorCode::kBadData,
         "{}: {} of {} rows are bad, more than the allowed share of {} (max_bad_share):{}\n"
         "Correct or remove them; `clipstill data check` lists all",
         name_, bad_rows_.size(), rows_, options_.max_bad_share, summary());
  }
  if (records_.empty()) {
    fail(ErrorCode::kBadData, "{}: expected image-text pairs, found none in {} rows{}", name_,
         rows_, summary());
  }
  if (!bad_rows_.empty()) {
    log_warning("{}: skipped {} bad rows of {}:{}", name_, bad_rows_.size(), rows_, summary());
  }
}

std::string fingerprint_records(const std::vector<PairRecord>& records,
                                const std::function<std::string(size_t)>& image_identity) {
  Hasher hasher;
  for (size_t i = 0; i < records.size(); ++i) {
    const auto& record = records[i];
    hasher.update(record.id).update(record.label).update(record.domain).update(record.split);
    hasher.update(static_cast<uint64_t>(record.texts.size()));
    for (const auto& text : record.texts) {
      hasher.update(text.text).update(text.lang).update(text.kind);
    }
    hasher.update(image_identity(i));
  }
  return hasher.hex();
}

}  // namespace clipstill::data
