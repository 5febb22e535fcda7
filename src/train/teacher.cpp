#include "train/teacher.h"

#include <fmt/ranges.h>
#include <torch/cuda.h>

#include <algorithm>
#include <numeric>

#include "core/error.h"
#include "core/log.h"
#include "core/parallel.h"
#include "data/audit.h"
#include "data/loader.h"
#include "pretrained/inputs.h"
#include "train/autocast.h"
#include "train/batch_tensors.h"
#include "train/embedding_plan.h"
#include "train/model_folder.h"

namespace clipstill::train {
namespace {

constexpr size_t kFingerprintShown = 8;  // characters, in the name of a cache

void require(const std::string& value, const char* key) {
  if (value.empty()) fail(ErrorCode::kUsage, "{} is empty; distillation needs it", key);
}

// Of each teacher in the mean over them.
std::vector<double> shares_of(const TeacherOptions& options) {
  const size_t count = 1 + options.others.size();
  auto shares = options.weights;
  if (shares.empty()) shares.assign(count, 1);
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  if (shares.size() != count || sum == 0) {
    fail(ErrorCode::kUsage,
         "teacher.weights: expected a number for each of the {} teachers (teacher.folder, then "
         "teacher.others), not all of them 0; found [{}]",
         count, fmt::join(shares, ", "));
  }
  for (auto& share : shares) share /= sum;
  return shares;
}

data::CacheIdentity cache_identity(const RunConfig& config, const std::filesystem::path& folder,
                                   const RunData& data) {
  auto teacher = pretrained::load_inputs(folder);
  teacher.preprocess.apply_orientation |= data.train.apply_orientation();
  // The precision is the one asked for: labels from a machine without bfloat16, computed in fp32,
  // serve one that has it, and the other way round.
  return {{{"teacher weights", weights_fingerprint(folder)},
           {"preprocessing", teacher.preprocess.fingerprint()},
           {"tokenizer", teacher.tokenizer->fingerprint()},
           {"augmentation", config.augment.fingerprint()},
           {"data set", data.train.fingerprint()},
           {"precision", config.teacher.bf16 ? "bf16" : "fp32"}},
          static_cast<uint64_t>(config.train.view_seed),
          config.train.views};
}

std::string name_of(const std::filesystem::path& folder) {
  const auto last = folder.filename();
  return (last.empty() ? folder.parent_path().filename() : last).string();  // "models/b/" too
}

// Whether the teacher can read the texts is said before time is spent on them.
void warn_of_texts(const data::PairSet& set, const std::filesystem::path& folder,
                   const Model& teacher) {
  const int64_t context = teacher.network->options().text.context;
  data::TokenAudits audits;
  for (int64_t sample = 0; sample < set.size(); ++sample) {
    for (size_t language = 0; language < set.languages().size(); ++language) {
      const auto& ids = set.texts_of(sample)[language];
      if (ids.empty()) continue;
      audits[set.languages()[language]].add(*teacher.tokenizer, context,
                                            set.texts()[static_cast<size_t>(ids.front())]);
    }
  }
  for (const auto& warning : data::token_warnings(audits, context)) {
    log_warning("teacher {}: {}", folder.string(), warning);
  }
}

// Whether this machine has the device is asked when it is needed: soft labels that are there do not
// need it.
void check_options(const TeacherOptions& options) {
  memory_limit(options.memory);
  if (options.device == "cuda" && options.bf16) {
    fail(ErrorCode::kUsage,
         "teacher.bf16 works with teacher.device=cpu alone; leave one of the two out");
  }
}

}  // namespace

std::vector<Teacher> teachers_of(const RunConfig& config, const RunData& data) {
  const auto& options = config.teacher;
  require(options.folder, "teacher.folder");
  if (config.train.views < 1) {
    fail(ErrorCode::kUsage,
         "train.views is 0 (new views for ever); a teacher cache needs a fixed number, for example "
         "train.views=8");
  }
  const auto shares = shares_of(options);
  std::vector<Teacher> teachers;
  teachers.push_back(
      {options.folder, options.cache, cache_identity(config, options.folder, data), shares[0]});
  for (const std::filesystem::path folder : options.others) {
    Teacher teacher{folder, {}, cache_identity(config, folder, data), shares[teachers.size()]};
    const auto& weights = teacher.identity.fingerprints.at("teacher weights");
    teacher.cache = std::filesystem::path(options.cache) /
                    fmt::format("{}-{}", name_of(folder), weights.substr(0, kFingerprintShown));
    teachers.push_back(std::move(teacher));
  }
  return teachers;
}

// A complete cache needs no teacher in memory. What else may be wrong with it is for
// write_teacher_cache() to mend or to refuse.
bool has_cache(const Teacher& teacher) {
  try {
    const data::TeacherCache opened(teacher.cache, teacher.identity);
    return true;
  } catch (const Error&) {
    return false;
  }
}

SoftLabelCaches open_caches(const RunConfig& config, const RunData& data) {
  SoftLabelCaches opened;
  if (!config.needs_teacher()) return opened;
  for (const auto& teacher : teachers_of(config, data)) {
    const auto& cache = opened.caches.emplace_back(teacher.cache, teacher.identity);
    opened.shapes.push_back({cache.dim(), cache.scale(), teacher.share});
  }
  return opened;
}

Model load_teacher(const TeacherOptions& options, const std::filesystem::path& folder) {
  check_options(options);
  if (options.device == "cuda" && !torch::cuda::is_available()) {
    fail(ErrorCode::kUsage,
         "teacher.device is cuda, but this libtorch or this machine has no CUDA device; use "
         "teacher.device=cpu, or build with a libtorch that has CUDA");
  }
  auto model = load_model(folder);
  model.network->to(torch::Device(options.device));
  return model;
}

data::TeacherEmbedder teacher_embedder(const RunConfig& config, const std::filesystem::path& folder,
                                       const RunData& data, Model& teacher) {
  const auto& set = data.train;
  const int64_t views = config.train.views;
  const auto plan = plan_embedding(*teacher.network, config.teacher, torch::get_num_threads());
  if (plan.has_smaller_parts) {
    log_info(
        "teacher {}: within teacher.memory {} it embeds {} images or {} texts at once, fewer than "
        "without a limit; the last bits of soft labels may differ from those",
        folder.string(), config.teacher.memory, plan.images, plan.texts);
  }
  data::TeacherEmbedder embedder;
  embedder.name = name_of(folder);
  embedder.dim = teacher.network->options().embed_dim;
  embedder.scale = teacher.network->scale().item<double>();
  // Views are counted over all samples: view v of sample s is number s x views + v.
  const auto embed_views = [&config, &set, &teacher, views, plan](int64_t first, int64_t count) {
    const size_t values = teacher.preprocess.tensor_size();
    std::vector<float> pixels(values * static_cast<size_t>(count));
    const int64_t first_sample = first / views, last_sample = (first + count - 1) / views;
    const auto load = [&](size_t i) {
      const int64_t sample = first_sample + static_cast<int64_t>(i);
      const int64_t begin = std::max(first, sample * views);
      const int64_t end = std::min(first + count, (sample + 1) * views);
      data::load_views(set, teacher.preprocess, config.augment,
                       static_cast<uint64_t>(config.train.view_seed), sample,
                       begin - sample * views, end - begin,
                       std::span(pixels).subspan(static_cast<size_t>(begin - first) * values,
                                                 static_cast<size_t>(end - begin) * values));
    };
    parallel_for(static_cast<size_t>(last_sample - first_sample + 1), load,
                 /*threads=*/plan.at_once > 1 ? 1 : 0);
    return values_of(
        teacher.network->encode_image(image_tensor(pixels, count, teacher.preprocess.size)));
  };
  // One Autocast for all parts: its copies of the weights last as long as it does.
  embedder.images = [&config, embed_views, views, plan](int64_t first, int64_t count) {
    const Autocast autocast(runs_in_bfloat16(config.teacher.bf16));
    return embed_in_parts(count * views, plan.images, plan, [&](int64_t view, int64_t some) {
      return embed_views(first * views + view, some);
    });
  };
  embedder.texts = [&config, &set, &teacher, plan](int64_t first, int64_t count) {
    const Autocast autocast(runs_in_bfloat16(config.teacher.bf16));
    const auto begin = set.texts().begin() + first;
    const std::vector<std::string_view> texts(begin, begin + count);
    auto tokens = teacher.tokenizer->encode_batch(
        texts, static_cast<int>(teacher.network->options().text.context));
    const auto [ids, mask] = token_tensors(tokens);
    return embed_tokens(teacher.network, ids, mask, plan);
  };
  return embedder;
}

int64_t embed_teachers(const RunConfig& config, const RunData& data, data::CachePart part) {
  check_options(config.teacher);
  require(config.teacher.cache, "teacher.cache");
  int64_t embedded = 0;
  for (const auto& teacher : teachers_of(config, data)) {
    if (has_cache(teacher)) continue;
    auto model = load_teacher(config.teacher, teacher.folder);
    if (part != data::CachePart::kImages) warn_of_texts(data.train, teacher.folder, model);
    note_missing_bfloat16("teacher.bf16", config.teacher.bf16);
    const torch::InferenceMode guard;
    embedded +=
        data::write_teacher_cache(teacher.cache, teacher.identity, data.train.size(),
                                  static_cast<int64_t>(data.train.texts().size()),
                                  teacher_embedder(config, teacher.folder, data, model), part);
  }
  return embedded;
}

}  // namespace clipstill::train
