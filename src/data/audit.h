// A close look at a data set before time is spent on training with it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/pairs.h"
#include "text/tokenizer.h"

namespace clipstill::data {

struct AuditOptions {
  const text::Tokenizer* tokenizer = nullptr;  // without one, nothing is said about tokens
  int64_t context = 77;                        // tokens that the model sees of a text
  bool apply_orientation = false;              // as in DataOptions
};

/// Records that share something that ought to tell them apart.
struct Duplicates {
  size_t groups = 0;
  size_t surplus = 0;        // records beyond the first of each group
  size_t across_labels = 0;  // groups of several labels; of images: false negatives in training
  size_t across_splits = 0;  // groups that stand in several splits: the test is not held out
  std::vector<std::vector<std::string>> examples;  // ids of the first groups
};

/// Smallest, middle and largest of a set of numbers; zeros for none.
struct Spread {
  uint64_t least = 0, median = 0, most = 0;
};

struct ImageAudit {
  std::vector<BadRow> unreadable;         // does not decode whole
  std::map<std::string, size_t> formats;  // "jpeg": count
  std::map<std::string, size_t> modes;    // "grey", "rgb", "rgba"
  size_t turned = 0;  // whose Exif asks for another orientation than the stored one
  uint64_t bytes = 0;
  Spread width, height;
  Duplicates same_bytes, same_pixels;
};

struct TokenAudit {
  std::map<size_t, size_t> lengths;  // tokens of a text before truncation, specials included
  size_t texts = 0, truncated = 0;
  size_t tokens = 0, unknown = 0;  // without special ones; see Tokenizer::is_fallback()

  /// Counts one text, which a model sees up to `context` tokens of.
  void add(const text::Tokenizer& tokenizer, int64_t context, std::string_view text);
};

using TokenAudits = std::map<std::string, TokenAudit>;  // by language

/// What would make a model of this tokenizer learn little: a language that it hardly knows (such as
/// Chinese with the tokenizer of an English teacher), or texts that are often cut at `context`.
std::vector<std::string> token_warnings(const TokenAudits& audits, int64_t context);

struct Audit {
  std::string fingerprint;
  size_t records = 0, texts = 0;
  std::vector<BadRow> bad_rows;
  ImageAudit images;
  Duplicates same_texts;                    // one text on several records
  std::map<std::string, size_t> languages;  // texts by language; "undeclared: Han" by script
  TokenAudits tokens;                       // by the same keys; empty without a tokenizer
  int64_t context = 0;                      // that of the options
  size_t labels = 0;
  std::map<std::string, size_t> domains, categories, splits;

  /// Bad rows and unreadable images as a share of records and bad rows.
  double bad_share() const;
};

/// Reads and decodes every image and counts everything above, on all threads. Duplicate ids are
/// among the source's bad rows. kInterrupted when interrupt_requested().
Audit audit_pairs(const PairSource& source, const AuditOptions& options = {});

/// Only what the records tell; no image is read.
Audit count_pairs(const PairSource& source);

/// Writing system of most letters of a text: "Latin", "Han", "Kana", "Hangul", "Cyrillic",
/// "Arabic"; "other" for letters of none of these, and for none at all.
std::string guess_script(std::string_view text);

}  // namespace clipstill::data
