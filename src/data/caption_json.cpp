#include <fmt/ranges.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "data/caption_files.h"
#include "data/json_entry.h"
#include "data/json_lists.h"
#include "data/pairs_text.h"

namespace clipstill::data {
namespace {

struct CaptionedImage {
  std::string id, path, split, origin;
};

struct Caption {
  std::string image_id, text, origin;
};

/// Takes the entries of both lists and joins them at the end: either list may stand first.
class CaptionJson {
 public:
  CaptionJson(const fs::path& path, FilePairs& pairs)
      : path_(path), name_(path.filename().string()), pairs_(pairs) {}

  void read() {
    const MappedFile file(path_);
    const auto lists =
        read_json_lists(checked_text(file), path_.string(),
                        [&](std::string_view list, size_t index, std::string_view entry) {
                          if (list == "images")
                            add_entry(list, index, entry, &CaptionJson::add_image);
                          if (list == "annotations")
                            add_entry(list, index, entry, &CaptionJson::add_annotation);
                        });
    const bool has_images = std::ranges::find(lists, "images") != lists.end();
    const bool has_captions =
        has_sentences_ || std::ranges::find(lists, "annotations") != lists.end();
    if (!has_images || !has_captions) {
      fail(ErrorCode::kBadData,
           "{}: expected COCO captions (the lists images and annotations) or Karpathy's splits "
           "(images with sentences), found the lists: {}",
           path_.string(), lists.empty() ? "none" : fmt::format("{}", fmt::join(lists, ", ")));
    }
    join();
  }

 private:
  using Add = void (CaptionJson::*)(const nlohmann::json&, const std::string& origin);

  void add_entry(std::string_view list, size_t index, std::string_view entry, Add add) {
    const auto origin = fmt::format("{}:{}[{}]", name_, list, index);
    nlohmann::json json;
    auto fault = parse_json_object(entry, json);
    if (fault.empty()) fault = fault_in(origin, [&] { (this->*add)(json, origin); });
    if (!fault.empty()) pairs_.reject(origin, std::move(fault));
  }

  void add_image(const nlohmann::json& json, const std::string& origin) {
    CaptionedImage image{.id = first_field(json, {"id", "cocoid", "imgid"}, origin),
                         .path = first_field(json, {"file_name", "filename"}, origin),
                         .split = string_field(json, "split", origin),
                         .origin = origin};
    if (image.id.empty()) fail(ErrorCode::kBadData, "{}: no id", origin);
    if (image.path.empty()) fail(ErrorCode::kBadData, "{}: no file_name", origin);
    if (const auto folder = string_field(json, "filepath", origin); !folder.empty()) {
      image.path = folder + "/" + image.path;
    }
    const auto id = image.id;
    if (const auto [known, is_new] = by_id_.emplace(id, images_.size()); !is_new) {
      fail(ErrorCode::kBadData, "{}: duplicate id \"{}\", first at {}", origin, id,
           images_[known->second].origin);
    }
    images_.push_back(std::move(image));
    if (const auto sentences = json.find("sentences"); sentences != json.end()) {
      has_sentences_ = true;
      add_sentences(id, *sentences, origin);
    }
  }

  void add_sentences(const std::string& id, const nlohmann::json& sentences,
                     const std::string& origin) {
    if (!sentences.is_array()) fail(ErrorCode::kBadData, "{}: sentences must be a list", origin);
    for (size_t i = 0; i < sentences.size(); ++i) {
      auto place = fmt::format("{}.sentences[{}]", origin, i);
      if (!sentences[i].is_object()) {
        pairs_.reject(std::move(place), "expected a JSON object");
        continue;
      }
      std::string text;
      auto fault = fault_in(place, [&] { text = string_field(sentences[i], "raw", place); });
      if (!fault.empty()) {
        pairs_.reject(std::move(place), std::move(fault));
      } else {
        captions_.push_back({id, std::move(text), std::move(place)});
      }
    }
  }

  void add_annotation(const nlohmann::json& json, const std::string& origin) {
    Caption caption{string_field(json, "image_id", origin), string_field(json, "caption", origin),
                    origin};
    if (caption.image_id.empty()) fail(ErrorCode::kBadData, "{}: no image_id", origin);
    if (!json.contains("caption")) {
      fail(ErrorCode::kBadData, "{}: no caption (expected a file of captions)", origin);
    }
    const auto id = string_field(json, "id", origin);
    if (!id.empty() && !annotation_ids_.insert(id).second) {
      fail(ErrorCode::kBadData, "{}: duplicate id \"{}\" of an annotation", origin, id);
    }
    captions_.push_back(std::move(caption));
  }

  static std::string first_field(const nlohmann::json& json,
                                 std::initializer_list<const char*> keys,
                                 const std::string& origin) {
    for (const char* key : keys) {
      if (auto value = string_field(json, key, origin); !value.empty()) return value;
    }
    return {};
  }

  void join() {
    std::vector<std::vector<size_t>> captions_of(images_.size());
    for (size_t i = 0; i < captions_.size(); ++i) {
      auto& caption = captions_[i];
      if (const auto image = by_id_.find(caption.image_id); image != by_id_.end()) {
        captions_of[image->second].push_back(i);
      } else {
        pairs_.reject(std::move(caption.origin),
                      fmt::format("image_id \"{}\": images has no good entry with this id",
                                  caption.image_id));
      }
    }
    size_t without = 0;
    const CaptionedImage* example = nullptr;
    for (size_t i = 0; i < images_.size(); ++i) {
      const auto& image = images_[i];
      if (captions_of[i].empty() && without++ == 0) example = &image;
      for (const size_t index : captions_of[i]) {
        auto& caption = captions_[index];
        PairRecord row;
        row.id = image.id;
        row.image = image.path;
        row.split = image.split;
        row.texts.push_back({std::move(caption.text), {}, {}});
        row.origin = std::move(caption.origin);
        pairs_.add(std::move(row));
      }
    }
    if (without > 0) {
      log_warning("{}: left out {} images without captions, such as {}", path_.string(), without,
                  example->origin);
    }
  }

  fs::path path_;
  std::string name_;
  FilePairs& pairs_;
  std::vector<CaptionedImage> images_;
  std::unordered_map<std::string, size_t> by_id_;
  std::vector<Caption> captions_;
  std::unordered_set<std::string> annotation_ids_;
  bool has_sentences_ = false;
};

}  // namespace

void read_caption_json(const std::filesystem::path& path, FilePairs& pairs) {
  CaptionJson(path, pairs).read();
}

}  // namespace clipstill::data
