#include "data/teacher_cache.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/bytes.h"
#include "core/error.h"
#include "core/files.h"
#include "core/folder_lock.h"
#include "core/half.h"
#include "core/hash.h"
#include "core/interrupt.h"
#include "core/json_count.h"
#include "core/progress.h"

namespace clipstill::data {

/// Embeddings of images or of texts, which lie in files of so many rows.
struct ShardKind {
  std::string_view name;
  int64_t rows;
  int64_t chunk;  // rows that are embedded between two looks for an interrupt

  fs::path path(const fs::path& folder, int64_t shard) const {
    return folder / fmt::format("{}-{:05}.safetensors", name, shard);
  }
};

namespace {

using nlohmann::json;

constexpr ShardKind kImages{"images", 1024, 64};
constexpr ShardKind kTexts{"texts", 4096, 256};
constexpr const char* kTensor = "embeddings";
constexpr const char* kContent = "xxh3-128";  // of the tensor's bytes, in the file's metadata

json to_json(const CacheIdentity& identity) {
  return {{"fingerprints", identity.fingerprints},
          {"view_seed", identity.view_seed},
          {"views", identity.views}};
}

std::vector<uint16_t> to_halves(const std::vector<float>& values) {
  std::vector<uint16_t> halves(values.size());
  std::transform(values.begin(), values.end(), halves.begin(), float_to_half);
  return halves;
}

void write_tensor(const fs::path& path, const std::vector<uint16_t>& halves,
                  std::vector<int64_t> shape, const std::string& key) {
  const bundle::TensorView view{bundle::DType::kF16, std::move(shape), bytes_of(halves)};
  bundle::write_safetensors(path, {{kTensor, view}},
                            {{"identity", key}, {kContent, hash_hex(view.bytes)}});
}

// Whether the numbers are those that were written. Older files do not say.
bool is_intact(const bundle::SafetensorsFile& file) {
  const auto found = file.metadata().find(kContent);
  return found == file.metadata().end() || found->second == hash_hex(file.tensor(kTensor).bytes);
}

// Whether an earlier run with the same identity left this file whole.
bool is_kept(const fs::path& path, const std::vector<int64_t>& shape, const std::string& key) {
  if (!fs::exists(path)) return false;
  try {
    const bundle::SafetensorsFile file(path);
    const auto found = file.metadata().find("identity");
    return found != file.metadata().end() && found->second == key &&
           file.tensor(kTensor).shape == shape && is_intact(file);
  } catch (const Error&) {
    return false;  // damaged: it is written anew
  }
}

const uint8_t* checked_data(const bundle::SafetensorsFile& file, const fs::path& path,
                            const std::vector<int64_t>& shape, const std::string& key) {
  const auto& view = file.tensor(kTensor);
  const auto found = file.metadata().find("identity");
  if (view.dtype != bundle::DType::kF16 || view.shape != shape || found == file.metadata().end() ||
      found->second != key) {
    fail(ErrorCode::kBadData, "{}: expected F16 [{}] of this cache, found {} [{}]; embed again",
         path.string(), fmt::join(shape, ", "), bundle::dtype_name(view.dtype),
         fmt::join(view.shape, ", "));
  }
  if (!is_intact(file)) {
    fail(ErrorCode::kBadData,
         "{}: damaged: its numbers do not have the hash that was written with them; embed again, "
         "which mends this file alone",
         path.string());
  }
  return view.bytes.data();
}

void append(const uint8_t* halves, int64_t row, int64_t dim, std::vector<float>& out) {
  for (int64_t i = 0; i < dim; ++i) {
    uint16_t half;
    std::memcpy(&half, halves + (row * dim + i) * sizeof half, sizeof half);
    out.push_back(half_to_float(half));
  }
}

void check_identity(const fs::path& path, const json& found, const json& expected) {
  std::vector<std::string> differences;
  for (const auto& [name, value] : expected.at("fingerprints").items()) {
    if (found.at("fingerprints").value(name, "") != value.get<std::string>()) {
      differences.push_back(name);
    }
  }
  for (const char* key : {"view_seed", "views"}) {
    if (found.at(key) != expected.at(key)) {
      differences.push_back(fmt::format("{} (the cache has {}, {} is asked for)", key,
                                        found.at(key).dump(), expected.at(key).dump()));
    }
  }
  if (differences.empty()) return;
  fail(ErrorCode::kBadData,
       "{}: made for something else; what differs: {}. Run `clipstill teacher embed` with this "
       "config into another folder, or delete this one",
       path.string(), fmt::join(differences, ", "));
}

json read_index(const fs::path& path) {
  auto root = json::parse(read_file(path));
  if (root.value("format", "") != "clipstill-teacher-cache" || root.value("version", json()) != 1) {
    fail(ErrorCode::kBadData, "{}: expected format clipstill-teacher-cache, version 1",
         path.string());
  }
  return root;
}

// A finished cache of another identity is somebody's work and is not written over.
void check_not_anothers(const fs::path& path, const CacheIdentity& identity) {
  if (!fs::exists(path)) return;
  try {
    check_identity(path, read_index(path).at("identity"), to_json(identity));
  } catch (const json::exception& error) {
    fail(ErrorCode::kBadData, "{}: not a teacher cache: {}", path.string(), error.what());
  }
}

// What a folder without an index has, for a message.
std::string found_parts(const fs::path& folder) {
  const bool images = fs::exists(kImages.path(folder, 0)),
             texts = fs::exists(kTexts.path(folder, 0));
  if (images && texts) return ": it has files of images and of texts, and no end";
  return images ? ": it has images, and no texts" : texts ? ": it has texts, and no images" : "";
}

}  // namespace

TeacherCache::TeacherCache(const std::filesystem::path& folder, const CacheIdentity& expected) {
  const auto path = folder / "cache.json";
  if (!fs::exists(path)) {
    fail(ErrorCode::kMissingFile,
         "{}: no teacher cache there (or an unfinished one{}); run `clipstill teacher embed`",
         path.string(), found_parts(folder));
  }
  try {
    const auto root = read_index(path);
    const auto& identity = root.at("identity");
    check_identity(path, identity, to_json(expected));
    const auto key = hash_hex(identity.dump());
    samples_ = json_count(root, "samples", path.string());
    text_count_ = json_count(root, "texts", path.string());
    views_ = json_count(identity, "views", path.string());
    dim_ = json_count(root, "dim", path.string());
    scale_ = root.at("scale").get<double>();
    name_ = root.at("teacher").get<std::string>();
    images_ = open_shards(folder, kImages, samples_, {views_, dim_}, key);
    texts_ = open_shards(folder, kTexts, text_count_, {dim_}, key);
  } catch (const json::exception& error) {
    fail(ErrorCode::kBadData, "{}: not a teacher cache: {}", path.string(), error.what());
  }
}

std::vector<TeacherCache::Shard> TeacherCache::open_shards(const fs::path& folder,
                                                           const ShardKind& kind, int64_t rows,
                                                           std::vector<int64_t> row_shape,
                                                           const std::string& key) {
  std::vector<Shard> shards;
  auto shape = std::move(row_shape);
  shape.insert(shape.begin(), 0);
  for (int64_t first = 0; first < rows; first += kind.rows) {
    const auto path = kind.path(folder, first / kind.rows);
    auto& shard = shards.emplace_back(Shard{bundle::SafetensorsFile(path), nullptr});
    shape[0] = std::min(kind.rows, rows - first);
    shard.data = checked_data(shard.file, path, shape, key);
  }
  return shards;
}

void TeacherCache::append_image(int64_t sample, int64_t view, std::vector<float>& out) const {
  append(images_[sample / kImages.rows].data, sample % kImages.rows * views_ + view, dim_, out);
}

void TeacherCache::append_text(int64_t text, std::vector<float>& out) const {
  append(texts_[text / kTexts.rows].data, text % kTexts.rows, dim_, out);
}

namespace {

// Embeds the rows of a kind whose files are not there yet; returns how many.
int64_t write_shards(const fs::path& folder, const ShardKind& kind, int64_t rows,
                     std::vector<int64_t> row_shape, const std::string& key,
                     const std::string& teacher,
                     const std::function<std::vector<float>(int64_t, int64_t)>& embed) {
  int64_t embedded = 0;
  auto shape = std::move(row_shape);
  shape.insert(shape.begin(), 0);
  Progress progress(fmt::format("embed {} with {}", kind.name, teacher), std::string(kind.name),
                    static_cast<uint64_t>(rows));
  for (int64_t first = 0; first < rows; first += kind.rows) {
    const int64_t count = shape[0] = std::min(kind.rows, rows - first);
    const auto path = kind.path(folder, first / kind.rows);
    if (is_kept(path, shape, key)) {
      progress.advance(static_cast<uint64_t>(count));
      continue;
    }
    std::vector<uint16_t> halves;
    for (int64_t start = 0; start < count; start += kind.chunk) {
      if (interrupt_requested()) {
        fail(ErrorCode::kInterrupted, "stopped while embedding; whole shards are kept in {}",
             folder.string());
      }
      const int64_t chunk = std::min(kind.chunk, count - start);
      const auto part = to_halves(embed(first + start, chunk));
      halves.insert(halves.end(), part.begin(), part.end());
      progress.advance(static_cast<uint64_t>(chunk));
    }
    write_tensor(path, halves, shape, key);
    embedded += count;
  }
  return embedded;
}

// Whether nothing of a kind is left to embed.
bool is_whole(const fs::path& folder, const ShardKind& kind, int64_t rows,
              std::vector<int64_t> row_shape, const std::string& key) {
  auto shape = std::move(row_shape);
  shape.insert(shape.begin(), 0);
  for (int64_t first = 0; first < rows; first += kind.rows) {
    shape[0] = std::min(kind.rows, rows - first);
    if (!is_kept(kind.path(folder, first / kind.rows), shape, key)) return false;
  }
  return true;
}

}  // namespace

int64_t write_teacher_cache(const std::filesystem::path& folder, const CacheIdentity& identity,
                            int64_t samples, int64_t texts, const TeacherEmbedder& embedder,
                            CachePart part) {
  make_folders(folder);
  const FolderLock lock(folder);
  const auto index_path = folder / "cache.json";
  check_not_anothers(index_path, identity);
  const auto key = hash_hex(to_json(identity).dump());
  const std::vector<int64_t> image{identity.views, embedder.dim}, text{embedder.dim};
  int64_t embedded = 0;
  bool whole = true;
  if (part != CachePart::kTexts) {
    embedded += write_shards(folder, kImages, samples, image, key, embedder.name, embedder.images);
  } else {
    whole = is_whole(folder, kImages, samples, image, key);
  }
  if (part != CachePart::kImages) {
    embedded += write_shards(folder, kTexts, texts, text, key, embedder.name, embedder.texts);
  } else {
    whole = is_whole(folder, kTexts, texts, text, key);
  }
  if (!whole) return embedded;
  const json root{{"format", "clipstill-teacher-cache"},
                  {"version", 1},
                  {"identity", to_json(identity)},
                  {"teacher", embedder.name},
                  {"samples", samples},
                  {"texts", texts},
                  {"dim", embedder.dim},
                  {"scale", embedder.scale}};
  write_file(index_path, root.dump(1) + "\n");
  return embedded;
}

}  // namespace clipstill::data
