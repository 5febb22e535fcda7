#include "data/webdataset.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <unordered_set>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "data/json_entry.h"
#include "data/pairs_collector.h"
#include "data/record_json.h"
#include "data/tar.h"

namespace clipstill::data {
namespace {

constexpr uint64_t kMaxText = uint64_t{1} << 20;  // bytes of a .json or .txt member

/// A member name: everything up to the first dot of its last part is the key.
struct MemberName {
  std::string_view key;   // empty where the name has no such parts: "._000.jpg", "README"
  std::string extension;  // lower case, without the dot; "seg.png" where there are several
};

MemberName split_name(std::string_view name) {
  const size_t slash = name.rfind('/');
  const size_t base = slash == std::string_view::npos ? 0 : slash + 1;
  const size_t dot = name.find('.', base);
  if (dot == base || dot == std::string_view::npos) return {{}, std::string(name.substr(base))};
  MemberName parts{name.substr(0, dot), std::string(name.substr(dot + 1))};
  std::transform(parts.extension.begin(), parts.extension.end(), parts.extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return parts;
}

bool is_image(std::string_view extension) {
  return extension == "jpg" || extension == "jpeg" || extension == "png" || extension == "webp";
}

struct Member {
  size_t archive = 0;
  uint64_t offset = 0, size = 0;
};

/// The members of one key.
struct Sample {
  std::string key;
  const TarMember* image = nullptr;
  const TarMember* json = nullptr;
  const TarMember* txt = nullptr;
  std::string fault;
};

std::string_view content_of(const MappedFile& archive, const TarMember& member) {
  return {reinterpret_cast<const char*>(archive.bytes().data()) + member.offset,
          static_cast<size_t>(member.size)};
}

class WebDatasetSource final : public PairSource {
 public:
  WebDatasetSource(const std::vector<fs::path>& paths, const PairOptions& options)
      : collector_(paths.size() == 1 ? paths[0].string() : paths[0].parent_path().string(),
                   options) {
    for (const auto& path : paths) read_archive(path);
    if (!unused_.empty()) {
      log_warning("{}: members that are not used: {}", paths[0].parent_path().string(),
                  fmt::join(unused_, ", "));
    }
    collector_.finish();
    records_ = collector_.take_records();
    bad_rows_ = collector_.take_bad_rows();
    fingerprint_ = fingerprint_records(records_, [&](size_t i) {
      return fmt::format("{} {}", locations_[i].size, records_[i].image);
    });
  }

  std::vector<uint8_t> read_image(size_t index) const override {
    const auto& [archive, offset, size] = locations_[index];
    const auto bytes = archives_[archive].bytes().subspan(offset, size);
    return {bytes.begin(), bytes.end()};
  }

  std::string fingerprint() const override { return fingerprint_; }

 private:
  void read_archive(const fs::path& path) {
    const auto& archive = archives_.emplace_back(path);
    const auto members = list_tar(archive.bytes(), path.string());
    std::unordered_set<std::string_view> keys;
    Sample sample;
    for (const auto& member : members) {
      const auto name = split_name(member.name);
      if (name.key.empty()) {
        unused_.insert(name.extension);
        continue;
      }
      if (sample.key != name.key) {  // at first it is empty, which no key is
        if (!keys.empty()) add(path, sample);
        if (!keys.insert(name.key).second) {
          fail(ErrorCode::kBadData,
               "{}: member \"{}\": key \"{}\" stood earlier, with other keys in between; expected "
               "the members of a sample side by side (tar --sort=name)",
               path.string(), member.name, name.key);
        }
        sample = Sample();
        sample.key = name.key;
      }
      place(member, name.extension, sample);
    }
    if (!keys.empty()) add(path, sample);
  }

  void place(const TarMember& member, const std::string& extension, Sample& sample) {
    const TarMember** slot = is_image(extension)   ? &sample.image
                             : extension == "json" ? &sample.json
                             : extension == "txt"  ? &sample.txt
                                                   : nullptr;
    if (slot == nullptr) {
      unused_.insert(extension);
    } else if (*slot != nullptr) {
      sample.fault = fmt::format("expected one image and one text, found {} and {}", (*slot)->name,
                                 member.name);
    } else {
      *slot = &member;
    }
  }

  void add(const fs::path& path, const Sample& sample) {
    const auto file = path.filename().string();
    const auto origin = fmt::format("{}:{}", file, sample.key);
    PairRecord record;
    auto fault = sample.fault;
    if (fault.empty()) fault = read_texts(sample, origin, record);
    if (fault.empty() && sample.image == nullptr) fault = "no image (.jpg, .jpeg, .png, .webp)";
    if (!fault.empty()) return collector_.reject(origin, std::move(fault));
    if (record.id.empty()) record.id = path.stem().string() + "/" + sample.key;
    record.image = file + "/" + sample.image->name;
    record.origin = origin;
    if (!collector_.add(std::move(record))) return;
    locations_.push_back({archives_.size() - 1, sample.image->offset, sample.image->size});
  }

  // Returns why there are none.
  std::string read_texts(const Sample& sample, const std::string& origin, PairRecord& record) {
    for (const auto* member : {sample.json, sample.txt}) {
      if (member != nullptr && member->size > kMaxText) {
        return fmt::format("{} of {} bytes, more than the {} allowed", member->name, member->size,
                           kMaxText);
      }
    }
    if (sample.json != nullptr) {
      nlohmann::json metadata;
      auto fault = parse_json_object(content_of(archives_.back(), *sample.json), metadata);
      if (!fault.empty()) return sample.json->name + ": " + fault;
      fault = fault_in(origin, [&] { record = record_from_json(metadata, origin); });
      if (!fault.empty()) return fault;
    }
    if (record.texts.empty() && sample.txt != nullptr) {
      auto text = content_of(archives_.back(), *sample.txt);
      while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
      record.texts.push_back({std::string(text), {}, {}});
    }
    return record.texts.empty() ? "no text (.json or .txt)" : "";
  }

  RecordCollector collector_;
  std::vector<MappedFile> archives_;
  std::vector<Member> locations_;  // of the records' images
  std::set<std::string> unused_;   // extensions, or names without one
  std::string fingerprint_;
};

}  // namespace

std::unique_ptr<PairSource> open_webdataset(const std::vector<std::filesystem::path>& archives,
                                            const PairOptions& options) {
  return std::make_unique<WebDatasetSource>(archives, options);
}

std::vector<std::filesystem::path> list_archives(const std::filesystem::path& folder) {
  std::vector<fs::path> archives;
  for (const auto& path : list_folder(folder)) {
    if (path.extension() == ".tar") archives.push_back(path);
  }
  return archives;
}

}  // namespace clipstill::data
