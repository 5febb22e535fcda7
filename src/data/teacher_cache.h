// The teacher's soft labels on disk: embeddings of every sample and view, of every text, and the
// logit scale. A folder of safetensors shards and `cache.json`, which is written last.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "bundle/safetensors.h"

namespace clipstill::data {

/// What the cached numbers depend on; any difference on use is refused by name.
struct CacheIdentity {
  std::map<std::string, std::string> fingerprints;  // teacher, preprocessing, tokenizer,
                                                    // augmentation, data
  uint64_t view_seed = 0;
  int64_t views = 0;
};

struct ShardKind;

class TeacherCache {
 public:
  /// kMissingFile if `folder` holds no complete cache; kBadData naming every fingerprint that
  /// differs from `expected`, and the command that makes a new cache.
  TeacherCache(const std::filesystem::path& folder, const CacheIdentity& expected);

  int64_t samples() const { return samples_; }
  int64_t views() const { return views_; }
  int64_t dim() const { return dim_; }
  double scale() const { return scale_; }  // exp(logit_scale)
  const std::string& name() const { return name_; }

  /// Appends the `dim()` values of an embedding; view < views().
  void append_image(int64_t sample, int64_t view, std::vector<float>& out) const;
  void append_text(int64_t text, std::vector<float>& out) const;

 private:
  struct Shard {
    bundle::SafetensorsFile file;
    const uint8_t* data;  // F16 [rows, views, dim] of images, [rows, dim] of texts
  };
  static std::vector<Shard> open_shards(const std::filesystem::path& folder, const ShardKind& kind,
                                        int64_t rows, std::vector<int64_t> row_shape,
                                        const std::string& key);

  std::vector<Shard> images_, texts_;
  int64_t samples_ = 0, text_count_ = 0, views_ = 0, dim_ = 0;
  double scale_ = 0;
  std::string name_;
};

/// How the embedder of a teacher is called by write_teacher_cache().
struct TeacherEmbedder {
  std::string name;  // for the report: the teacher's folder
  int64_t dim = 0;
  double scale = 0;
  /// Embeds the views [0, views) of samples [first, first + count) -> floats [count, views, dim].
  std::function<std::vector<float>(int64_t first, int64_t count)> images;
  /// Embeds texts [first, first + count) of the table -> floats [count, dim].
  std::function<std::vector<float>(int64_t first, int64_t count)> texts;
};

/// What of a cache is to be made.
enum class CachePart { kAll, kImages, kTexts };

/// Writes the cache in shards, of images, then of texts, or one kind alone: the cache is complete
/// once both are there. Shards that an interrupted run with the
/// same identity left are kept, a finished cache of another identity is refused (kBadData, as by
/// TeacherCache). Returns how many images and
/// texts were embedded now (0: nothing was to do).
/// Stops with kInterrupted when interrupt_requested(), keeping whole shards. kResource while
/// another process writes there.
int64_t write_teacher_cache(const std::filesystem::path& folder, const CacheIdentity& identity,
                            int64_t samples, int64_t texts, const TeacherEmbedder& embedder,
                            CachePart part = CachePart::kAll);

}  // namespace clipstill::data
