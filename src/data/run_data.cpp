#include "data/run_data.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "core/contains.h"
#include "core/error.h"
#include "core/log.h"

namespace clipstill::data {

void declare_options(OptionSet& set, DataOptions& o) {
  set.add("data.path", o.path, "image-text pairs: a file or a folder");
  set.add("data.default_language", o.default_language,
          "language of the texts whose source names none (COCO, Flickr30k), such as en or zh");
  set.add("data.languages", o.languages, "languages of the texts to use; empty = all");
  set.add("data.templates", o.templates,
          "sentences around a pair's first text, with their language: \"en:a photo of {}\"");
  set.add("data.tag_views", o.tag_views,
          "variants of each text of the kind \"tags\" to train with: part of its keywords, in "
          "another order")
      .range(0, 1000);
  set.add("data.apply_orientation", o.apply_orientation,
          "turn images upright as their Exif says (photos from phones)");
  declare_options(set, "data", o.split);
}

namespace {

bool has_text(const PairRecord& record, const StringList& languages) {
  return std::any_of(record.texts.begin(), record.texts.end(), [&](const Text& text) {
    return languages.empty() || contains(languages, text.lang);
  });
}

using Languages = std::map<std::string, size_t>;  // with the number of their texts

Languages count_languages(const PairSource& source) {
  Languages known;
  for (const auto& record : source.records()) {
    for (const auto& text : record.texts) ++known[text.lang];
  }
  return known;
}

std::string names_of(const Languages& languages) {
  std::vector<std::string> names;
  for (const auto& [name, count] : languages) names.push_back(name.empty() ? "\"\"" : name);
  return fmt::format("{}", fmt::join(names, ", "));
}

void check_languages(const Languages& known, const DataOptions& options) {
  for (const auto& language : options.languages) {
    if (known.contains(language)) continue;
    fail(ErrorCode::kUsage, "data.languages: {} has no text in \"{}\"; its languages: {}{}",
         options.path, language, names_of(known),
         known.contains("") ? "; data.default_language names the one that is not told" : "");
  }
  for (const auto& entry : options.templates) {
    const auto language = entry.substr(0, entry.find(':'));
    if (known.contains(language)) continue;
    log_warning("data.templates: \"{}\" is not used: {} has no text in \"{}\"; its languages: {}",
                entry, options.path, language, names_of(known));
  }
  if (const auto unnamed = known.find(""); unnamed != known.end() && known.size() > 1) {
    log_warning(
        "{}: {} texts name no language beside those that do ({}); they count as a language of "
        "their own, in the mean of the scores too, unless data.default_language names theirs",
        options.path, unnamed->second, names_of(known));
  }
}

void check_tags(const PairSet& train, const DataOptions& options) {
  if (options.tag_views == 0 || train.own_texts().size() < train.texts().size()) return;
  log_warning(
      "data.tag_views adds no text: of {}, no text to train with is of the kind \"tags\" and has "
      "two keywords with a comma or semicolon between them",
      options.path);
}

// A chosen language, or one of the training texts, is measured where the set has texts in it.
void warn_of_missing_languages(const StringList& wanted, const PairSet& set, const char* purpose) {
  if (set.size() == 0) return;
  for (const auto& language : wanted) {
    if (contains(set.languages(), language)) continue;
    log_warning("of the {} pairs to {}, none has a text in \"{}\": it is not measured", set.size(),
                purpose, language);
  }
}

// The records that can be measured on: all of them, for images without a text are among those that
// texts are looked for in; none where no record has a text.
std::vector<size_t> measurable(const PairSource& source, std::vector<size_t> records,
                               const DataOptions& options, const char* purpose) {
  const bool has_any = std::ranges::any_of(records, [&](size_t record) {
    return has_text(source.records()[record], options.languages);
  });
  if (has_any || records.empty()) return records;
  log_warning(
      "{}: none of the {} pairs to {} has a text in the chosen languages ({}); they are left out",
      options.path, records.size(), purpose, fmt::join(options.languages, ", "));
  return {};
}

// The records that can be trained on.
std::vector<size_t> with_text(const PairSource& source, const std::vector<size_t>& records,
                              const DataOptions& options) {
  std::vector<size_t> usable;
  std::copy_if(records.begin(), records.end(), std::back_inserter(usable), [&](size_t record) {
    return has_text(source.records()[record], options.languages);
  });
  if (usable.size() < records.size()) {
    log_warning(
        "{}: {} of {} pairs to train on have no text in the chosen languages and are left out",
        options.path, records.size() - usable.size(), records.size());
  }
  return usable;
}

}  // namespace

RunData open_run_data(const DataOptions& options) {
  if (options.path.empty()) {
    fail(ErrorCode::kUsage, "data.path is empty; name the image-text pairs to use");
  }
  const std::shared_ptr<const PairSource> source =
      open_pairs(options.path, {.default_language = options.default_language});
  check_languages(count_languages(*source), options);
  const auto splits = split_records(*source, options.split);
  const auto set = [&](const std::vector<size_t>& records, int64_t tag_views = 0) {
    return PairSet(source, records, options.languages, options.templates, options.apply_orientation,
                   tag_views);
  };
  RunData data{set(with_text(*source, splits.train, options), options.tag_views),
               set(measurable(*source, splits.validation, options, "validate with")),
               set(measurable(*source, splits.test, options, "test with"))};
  check_tags(data.train, options);
  const auto& wanted = options.languages.empty() ? data.train.languages() : options.languages;
  warn_of_missing_languages(wanted, data.validation, "validate with");
  warn_of_missing_languages(wanted, data.test, "test with");
  log_info("{}: {} pairs train, {} validate, {} test", options.path, data.train.size(),
           data.validation.size(), data.test.size());
  return data;
}

}  // namespace clipstill::data
