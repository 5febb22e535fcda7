#include "data/chinese_clip.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "core/base64.h"
#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/trimmed.h"
#include "data/json_entry.h"
#include "data/pairs_collector.h"
#include "data/pairs_text.h"

namespace clipstill::data {
namespace {

constexpr std::string_view kImageTable = "_imgs.tsv", kTextTable = "_texts.jsonl";

/// The splits that a file of the folder is named after.
std::set<std::string> list_splits(const fs::path& folder) {
  std::set<std::string> splits;
  for (const auto& path : list_folder(folder)) {
    const auto name = path.filename().string();
    for (const auto suffix : {kImageTable, kTextTable}) {
      if (name.size() > suffix.size() && name.ends_with(suffix)) {
        splits.insert(name.substr(0, name.size() - suffix.size()));
      }
    }
  }
  return splits;
}

/// One image of a table.
struct TableImage {
  std::string_view base64;
  size_t bytes = 0;  // decoded
  bool has_text = false;
};

/// A SPLIT_imgs.tsv; its views are into the mapped file.
struct ImageTable {
  std::string name;
  std::unordered_map<std::string_view, TableImage> images;  // by id
};

ImageTable read_table(const MappedFile& file, RecordCollector& collector) {
  ImageTable table{file.path().filename().string(), {}};
  LineReader lines(checked_text(file));
  while (lines.next()) {
    const auto origin = fmt::format("{}:{}", table.name, lines.number());
    const size_t tab = lines.line().find('\t');
    if (tab == std::string_view::npos) {
      collector.reject(origin, "expected an image id, a tab and the image in base64");
      continue;
    }
    const auto id = trimmed(lines.line().substr(0, tab));
    const auto base64 = trimmed(lines.line().substr(tab + 1));
    const auto bytes = base64_decoded_size(base64);
    if (id.empty()) {
      collector.reject(origin, "no image id");
    } else if (base64.empty()) {
      collector.reject(origin, fmt::format("image {}: no image", id));
    } else if (!bytes) {
      collector.reject(origin, fmt::format("image {}: not valid base64", id));
    } else if (!table.images.emplace(id, TableImage{base64, *bytes}).second) {
      collector.reject(origin, fmt::format("duplicate id \"{}\"", id));
    }
  }
  return table;
}

/// A line of a SPLIT_texts.jsonl.
struct ListedText {
  std::string id;
  Text text;
  std::vector<std::string> image_ids;
};

ListedText to_text(const nlohmann::json& json, const std::string& origin) {
  ListedText listed;
  listed.id = string_field(json, "text_id", origin);
  listed.text = {string_field(json, "text", origin), string_field(json, "lang", origin), {}};
  const auto ids = json.find("image_ids");
  if (ids == json.end() || !ids->is_array()) {
    fail(ErrorCode::kBadData, "{}: expected a list of image_ids", origin);
  }
  for (const auto& id : *ids) listed.image_ids.push_back(string_of(id, "image_ids", origin));
  return listed;
}

// The layout is that of Chinese data, whose lines name no language.
PairOptions in_chinese(PairOptions options) {
  if (options.default_language.empty()) options.default_language = "zh";
  return options;
}

class ChineseClipSource final : public PairSource {
 public:
  ChineseClipSource(const fs::path& folder, const PairOptions& options)
      : folder_(folder), collector_(folder.string(), in_chinese(options)) {
    for (const auto& split : list_splits(folder)) read_split(split);
    collector_.finish();
    records_ = collector_.take_records();
    bad_rows_ = collector_.take_bad_rows();
    fingerprint_ = fingerprint_records(records_, [&](size_t i) {
      return fmt::format("{} {}", images_[i].bytes, records_[i].image);
    });
  }

  std::vector<uint8_t> read_image(size_t index) const override {
    auto bytes = base64_decode(images_[index].base64);
    if (!bytes) {
      fail(ErrorCode::kBadData, "{}: no base64 any more; was the file changed?",
           records_[index].image);
    }
    return std::move(*bytes);
  }

  std::string fingerprint() const override { return fingerprint_; }

 private:
  void read_split(const std::string& split) {
    const auto images = folder_ / (split + std::string(kImageTable));
    const auto texts = folder_ / (split + std::string(kTextTable));
    for (const auto& path : {images, texts}) {
      if (fs::exists(path)) continue;
      const auto& other = &path == &images ? texts : images;
      fail(ErrorCode::kMissingFile,
           "{}: no such file; expected the images and the texts of the split {} side by side; add "
           "it, or move {} out of the folder",
           path.string(), split, other.filename().string());
    }
    auto table = read_table(files_.emplace_back(images), collector_);
    const MappedFile file(texts);
    const size_t idle = add_texts(file, split, table);
    const auto without = static_cast<size_t>(std::ranges::count_if(
        table.images, [](const auto& entry) { return !entry.second.has_text; }));
    if (without + idle > 0) {
      log_warning("{}: left out {} of {} images, which have no text, and {} texts without images",
                  images.string(), without, table.images.size(), idle);
    }
  }

  // Returns how many texts have no images.
  size_t add_texts(const MappedFile& file, const std::string& split, ImageTable& table) {
    size_t idle = 0;
    std::unordered_set<std::string> seen;  // text ids
    const auto name = file.path().filename().string();
    LineReader lines(checked_text(file));
    while (lines.next()) {
      const auto origin = fmt::format("{}:{}", name, lines.number());
      nlohmann::json json;
      ListedText listed;
      auto fault = parse_json_object(lines.line(), json);
      if (fault.empty()) fault = fault_in(origin, [&] { listed = to_text(json, origin); });
      if (fault.empty() && !listed.id.empty() && !seen.insert(listed.id).second) {
        fault = fmt::format("duplicate id \"{}\" of a text", listed.id);
      }
      if (!fault.empty()) {
        collector_.reject(origin, std::move(fault));
        continue;
      }
      if (listed.image_ids.empty()) ++idle;
      add_pairs(listed, split, origin, table);
    }
    return idle;
  }

  void add_pairs(const ListedText& listed, const std::string& split, const std::string& origin,
                 ImageTable& table) {
    std::unordered_set<std::string_view> seen;  // image ids
    for (const auto& id : listed.image_ids) {
      const auto image = table.images.find(id);
      if (!seen.insert(id).second) {
        collector_.reject(origin, fmt::format("image_id \"{}\" is listed twice", id));
      } else if (image == table.images.end()) {
        collector_.reject(origin, fmt::format("image_id \"{}\": {} has no good image with this id",
                                              id, table.name));
      } else {
        image->second.has_text = true;
        PairRecord row;
        row.id = split + "/" + id;
        row.image = table.name + "/" + id;
        row.texts.push_back(listed.text);
        row.split = split;
        row.origin = origin;
        if (collector_.add(std::move(row))) images_.push_back(image->second);
      }
    }
  }

  fs::path folder_;
  RecordCollector collector_;
  std::vector<MappedFile> files_;
  std::vector<TableImage> images_;  // of the records
  std::string fingerprint_;
};

}  // namespace

bool is_chinese_clip(const std::filesystem::path& folder) {
  return !list_splits(folder).empty();
}

std::unique_ptr<PairSource> open_chinese_clip(const std::filesystem::path& folder,
                                              const PairOptions& options) {
  return std::make_unique<ChineseClipSource>(folder, options);
}

}  // namespace clipstill::data
