// Image-text pairs from any supported layout, behind one interface.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace clipstill::data {

struct Text {
  std::string text;
  std::string lang;  // BCP 47 ("en", "zh"); empty if not told
  std::string kind;  // free word: "label", "tags", "caption"; empty if not told
};

/// One image with its texts. The first text of each language is the one that evaluation uses.
struct PairRecord {
  std::string id;     // unique in the source
  std::string image;  // path relative to the source, or tar member name
  std::vector<Text> texts;
  std::string label;     // records of equal label are positives of each other; defaults to the id
  std::string domain;    // what a hold-out splits by: drawing style, camera, shop; may be empty
  std::string category;  // what a report tells apart: theme, kind of product; may be empty
  std::string split;     // "train", "val", "test" or empty
  std::string origin;    // where the row stands: "pairs.csv:17", "shard-000.tar:12_3.json"
};

struct BadRow {
  std::string origin;
  std::string reason;
};

struct PairOptions {
  /// Bad rows (unreadable JSON, empty text, duplicate id, missing image file) are skipped and
  /// listed up to this share of all rows; above it opening fails with kBadData naming the first
  /// ones.
  double max_bad_share = 0.001;
  /// Language of the texts whose source names none (COCO, Flickr30k, a table without lang): a tag
  /// of BCP 47 such as "en" or "zh-Hans". Empty: they stay without one.
  std::string default_language = {};
};

class PairSource {
 public:
  virtual ~PairSource() = default;
  const std::vector<PairRecord>& records() const { return records_; }
  const std::vector<BadRow>& bad_rows() const { return bad_rows_; }
  /// The encoded image file of record `index`. Thread-safe.
  virtual std::vector<uint8_t> read_image(size_t index) const = 0;
  /// Hash over ids, texts, labels, domains, splits and image identities (size and content hash
  /// where the index has it, size and relative path otherwise). Categories are no part of it: no
  /// model sees them.
  virtual std::string fingerprint() const = 0;

 protected:
  std::vector<PairRecord> records_;
  std::vector<BadRow> bad_rows_;
};

/// Opens a file, told by its extension and then by content:
///   .csv .tsv  columns image,text[,lang,label,domain,category,split,id]; Flickr30k's
///              results.csv, told by its heading image_name| comment_number| comment
///   .jsonl     one object a line with the same keys
///   .json      COCO captions (lists images and annotations), or Karpathy's splits of COCO and
///              Flickr30k (images with sentences)
///   .token     Flickr30k's token file
///   .tar       WebDataset
/// or a folder, told by what is in it, the first of
///   index.json                        packed data
///   *.tar                             WebDataset
///   *_imgs.tsv, *_texts.jsonl         Chinese-CLIP tables (MUGE, Flickr30k-CN)
///   metadata.csv or metadata.jsonl    imagefolder: `file_name`, `text`
///   one sub-folder per class          imagefolder
/// kMissingFile / kBadData say what was looked for and what was found; kUsage for a default
/// language that is no such tag.
std::unique_ptr<PairSource> open_pairs(const std::filesystem::path& path,
                                       const PairOptions& options = {});

}  // namespace clipstill::data
