#include "data/audit.h"

#include <algorithm>
#include <limits>
#include <set>
#include <unordered_map>

#include "core/error.h"
#include "core/hash.h"
#include "core/interrupt.h"
#include "core/parallel.h"
#include "core/progress.h"
#include "image/codec.h"
#include "image/orientation.h"

namespace clipstill::data {
namespace {

constexpr size_t kExamples = 5;

const char* format_name(image::Format format) {
  switch (format) {
    case image::Format::kJpeg:
      return "jpeg";
    case image::Format::kPng:
      return "png";
    case image::Format::kWebp:
      return "webp";
    default:
      return "unknown";
  }
}

const char* mode_name(int channels) {
  return channels == 1 ? "grey" : channels == 3 ? "rgb" : "rgba";
}

/// What decoding one image told.
struct ImageFacts {
  std::string fault;  // empty if the image is good
  image::Format format = image::Format::kUnknown;
  int width = 0, height = 0, channels = 0, orientation = 1;
  uint64_t bytes = 0;
  std::string content_hash, pixel_hash;
};

ImageFacts look_at(const PairSource& source, size_t index, bool apply_orientation) {
  ImageFacts facts;
  try {
    const auto bytes = source.read_image(index);
    facts.bytes = bytes.size();
    const auto picture =
        image::decode_oriented(bytes, source.records()[index].image, apply_orientation);
    facts.orientation = image::orientation_of(bytes);
    facts.format = image::detect_format(bytes);
    facts.width = picture.width;
    facts.height = picture.height;
    facts.channels = picture.channels;
    facts.content_hash = hash_hex(bytes);
    facts.pixel_hash = Hasher()
                           .update(static_cast<uint64_t>(picture.width))
                           .update(static_cast<uint64_t>(picture.channels))
                           .update(picture.pixels)
                           .hex();
  } catch (const Error& error) {
    facts.fault = error.what();
  }
  return facts;
}

/// Groups records by a key; the order of the groups is that of their first records.
class Grouping {
 public:
  void add(const std::string& key, size_t record) {
    const auto [found, is_new] = by_key_.emplace(key, groups_.size());
    if (is_new) groups_.emplace_back();
    auto& group = groups_[found->second];
    if (group.empty() || group.back() != record) group.push_back(record);
  }

  Duplicates duplicates(const std::vector<PairRecord>& records) const {
    Duplicates result;
    for (const auto& group : groups_) {
      if (group.size() < 2) continue;
      ++result.groups;
      result.surplus += group.size() - 1;
      const auto& first = records[group.front()];
      const auto differs = [&](std::string PairRecord::*member) {
        return std::any_of(group.begin(), group.end(),
                           [&](size_t i) { return records[i].*member != first.*member; });
      };
      if (differs(&PairRecord::label)) ++result.across_labels;
      if (differs(&PairRecord::split)) ++result.across_splits;
      if (result.examples.size() == kExamples) continue;
      auto& ids = result.examples.emplace_back();
      for (size_t i = 0; i < std::min(kExamples, group.size()); ++i) {
        ids.push_back(records[group[i]].id);
      }
    }
    return result;
  }

 private:
  std::unordered_map<std::string, size_t> by_key_;
  std::vector<std::vector<size_t>> groups_;
};

Spread spread_of(std::vector<uint64_t> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  return {values.front(), values[values.size() / 2], values.back()};
}

std::string language_key(const Text& text) {
  return text.lang.empty() ? "undeclared: " + guess_script(text.text) : text.lang;
}

ImageAudit audit_images(const PairSource& source, bool apply_orientation) {
  const auto& records = source.records();
  std::vector<ImageFacts> facts(records.size());
  Progress progress("decode images", "images", records.size());
  parallel_for(records.size(), [&](size_t i) {
    if (interrupt_requested()) fail(ErrorCode::kInterrupted, "stopped while decoding images");
    facts[i] = look_at(source, i, apply_orientation);
    progress.advance();
  });

  ImageAudit audit;
  Grouping by_bytes, by_pixels;
  std::vector<uint64_t> widths, heights;
  for (size_t i = 0; i < facts.size(); ++i) {
    const auto& fact = facts[i];
    audit.bytes += fact.bytes;
    if (!fact.fault.empty()) {
      audit.unreadable.push_back({records[i].origin, fact.fault});
      continue;
    }
    ++audit.formats[format_name(fact.format)];
    ++audit.modes[mode_name(fact.channels)];
    if (fact.orientation != 1) ++audit.turned;
    widths.push_back(static_cast<uint64_t>(fact.width));
    heights.push_back(static_cast<uint64_t>(fact.height));
    by_bytes.add(fact.content_hash, i);
    by_pixels.add(fact.pixel_hash, i);
  }
  audit.width = spread_of(std::move(widths));
  audit.height = spread_of(std::move(heights));
  audit.same_bytes = by_bytes.duplicates(records);
  audit.same_pixels = by_pixels.duplicates(records);
  return audit;
}

}  // namespace

void TokenAudit::add(const text::Tokenizer& tokenizer, int64_t context, std::string_view text) {
  std::vector<text::Token> encoded;
  tokenizer.encode(text, std::numeric_limits<int>::max(), encoded);
  ++texts;
  ++lengths[encoded.size()];
  if (encoded.size() > static_cast<size_t>(context)) ++truncated;
  for (const auto& token : encoded) {
    if (token.begin == token.end) continue;  // special
    ++tokens;
    if (tokenizer.is_fallback(token.id)) ++unknown;
  }
}

std::vector<std::string> token_warnings(const TokenAudits& audits, int64_t context) {
  // Measured with bert-base-chinese and CLIP's vocabulary, texts of a language that a tokenizer
  // knows have below 2 % of such tokens, and of one that it does not know above 50 %.
  constexpr double kUnknown = 0.1, kTruncated = 0.01;
  std::vector<std::string> warnings;
  for (const auto& [language, audit] : audits) {
    const double unknown =
        static_cast<double>(audit.unknown) / static_cast<double>(std::max<size_t>(audit.tokens, 1));
    if (unknown > kUnknown) {
      warnings.push_back(
          fmt::format("{:.0f} % of the tokens of \"{}\" are unknown or parts of characters: the "
                      "model has hardly seen this language; use a teacher of this language, or "
                      "leave these texts out (data.languages)",
                      100 * unknown, language));
    }
    const double truncated = static_cast<double>(audit.truncated) /
                             static_cast<double>(std::max<size_t>(audit.texts, 1));
    if (truncated > kTruncated) {
      warnings.push_back(
          fmt::format("{:.1f} % of the texts of \"{}\" are longer than the context "
                      "of {} tokens, and the model does not see their ends",
                      100 * truncated, language, context));
    }
  }
  return warnings;
}

double Audit::bad_share() const {
  const auto rows = static_cast<double>(records + bad_rows.size());
  return rows == 0 ? 0 : static_cast<double>(bad_rows.size() + images.unreadable.size()) / rows;
}

Audit count_pairs(const PairSource& source) {
  Audit audit;
  audit.fingerprint = source.fingerprint();
  audit.bad_rows = source.bad_rows();
  audit.records = source.records().size();
  Grouping by_text;
  std::set<std::string_view> labels;
  for (size_t i = 0; i < audit.records; ++i) {
    const auto& record = source.records()[i];
    audit.texts += record.texts.size();
    labels.insert(record.label);
    if (!record.domain.empty()) ++audit.domains[record.domain];
    if (!record.category.empty()) ++audit.categories[record.category];
    if (!record.split.empty()) ++audit.splits[record.split];
    for (const auto& text : record.texts) {
      ++audit.languages[language_key(text)];
      by_text.add(text.text, i);
    }
  }
  audit.labels = labels.size();
  audit.same_texts = by_text.duplicates(source.records());
  return audit;
}

Audit audit_pairs(const PairSource& source, const AuditOptions& options) {
  Audit audit = count_pairs(source);
  audit.images = audit_images(source, options.apply_orientation);
  if (options.tokenizer == nullptr) return audit;
  audit.context = options.context;
  for (const auto& record : source.records()) {
    for (const auto& text : record.texts) {
      audit.tokens[language_key(text)].add(*options.tokenizer, options.context, text.text);
    }
  }
  return audit;
}

}  // namespace clipstill::data
