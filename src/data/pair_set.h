// The records of one split as training and evaluation see them: dense labels and a table of the
// distinct texts.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/pairs.h"
#include "image/image.h"

namespace clipstill::data {

class PairSet {
 public:
  /// `languages` keeps the texts of these languages (all, if empty). Records without such a text
  /// stay, for their images. `templates` ("en:a photo of {}") add a sentence around the first text
  /// of their language, `tag_views` up to so many variants of every text of the kind "tags"
  /// (data/tag_views.h). Label ids are dense over the whole source, so that the sets of one source
  /// agree on them. `apply_orientation` turns all images upright (image/orientation.h); it is no
  /// part of the fingerprint, but of whatever preprocessing looks at the images.
  PairSet(std::shared_ptr<const PairSource> source, std::vector<size_t> records,
          const std::vector<std::string>& languages, const std::vector<std::string>& templates,
          bool apply_orientation = false, int64_t tag_views = 0);

  int64_t size() const { return static_cast<int64_t>(records_.size()); }
  const PairRecord& record(int64_t sample) const;
  std::vector<uint8_t> read_image(int64_t sample) const;
  /// It decoded, upright where the set or what asks for it wants it so. Thread-safe.
  image::Image decode_image(int64_t sample, bool apply_orientation = false) const;
  bool apply_orientation() const { return apply_orientation_; }
  int64_t label(int64_t sample) const { return labels_[sample]; }
  std::span<const int64_t> labels() const { return labels_; }

  /// Distinct texts of the set; a text id is an index into this.
  const std::vector<std::string>& texts() const { return texts_; }
  /// The first of them: without variants of tags that no text is equal to.
  std::span<const std::string> own_texts() const { return {texts_.data(), own_texts_}; }
  /// Text ids of a sample by language: the first text, which evaluation uses; the same in each
  /// template; the record's other texts; variants of its tags.
  const std::vector<std::vector<int64_t>>& texts_of(int64_t sample) const {
    return sample_texts_[sample];
  }
  /// Those that are chosen and that a text of the set is in.
  const std::vector<std::string>& languages() const { return languages_; }
  /// How many templates `language` (an index of languages()) has: its texts [0, this] are the
  /// first text, plain and in templates.
  int64_t template_count(size_t language) const {
    return static_cast<int64_t>(templates_[language].size());
  }

  /// Hash over the source's fingerprint, the chosen records and the text table.
  const std::string& fingerprint() const { return fingerprint_; }

 private:
  std::shared_ptr<const PairSource> source_;
  std::vector<size_t> records_;
  bool apply_orientation_;
  std::vector<int64_t> labels_;
  std::vector<std::string> texts_;
  size_t own_texts_;
  void add_tag_views(int64_t count);
  int64_t text_id(const std::string& text);

  std::vector<std::string> languages_;
  std::vector<std::vector<std::string>> templates_;  // [language]
  std::unordered_map<std::string, int64_t> text_ids_;
  std::vector<std::vector<std::vector<int64_t>>> sample_texts_;  // [sample][language][text]
  std::string fingerprint_;
};

}  // namespace clipstill::data
