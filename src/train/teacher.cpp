#include "train/teacher.h"

#include <algorithm>

#include "core/error.h"
#include "core/log.h"
#include "core/parallel.h"
#include "data/audit.h"
#include "data/loader.h"
#include "pretrained/inputs.h"
#include "train/autocast.h"
#include "train/batch_tensors.h"
#include "train/evaluate.h"
#include "train/model_folder.h"

namespace clipstill::train {
namespace {

void require(const std::string& value, const char* key) {
  if (value.empty()) fail(ErrorCode::kUsage, "{} is empty; distillation needs it", key);
}

}  // namespace

data::CacheIdentity cache_identity(const RunConfig& config, const RunData& data) {
  require(config.teacher.folder, "teacher.folder");
  const std::filesystem::path folder = config.teacher.folder;
  if (config.train.views < 1) {
    fail(ErrorCode::kUsage,
         "train.views is 0 (new views for ever); a teacher cache needs a fixed number, for example "
         "train.views=8");
  }
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

namespace {

// A complete cache needs no teacher in memory. What else may be wrong with it is for
// write_teacher_cache() to mend or to refuse.
bool is_complete(const std::filesystem::path& cache, const data::CacheIdentity& identity) {
  try {
    const data::TeacherCache opened(cache, identity);
    return true;
  } catch (const Error&) {
    return false;
  }
}

// Whether the teacher can read the texts is said before time is spent on them.
void warn_of_texts(const data::PairSet& set, const Model& teacher) {
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
    log_warning("teacher: {}", warning);
  }
}

}  // namespace

bool has_teacher_cache(const RunConfig& config, const RunData& data) {
  return is_complete(config.teacher.cache, cache_identity(config, data));
}

data::TeacherEmbedder teacher_embedder(const RunConfig& config, const RunData& data,
                                       Model& teacher) {
  const auto& set = data.train;
  const int64_t views = config.train.views;
  data::TeacherEmbedder embedder;
  embedder.name = std::filesystem::path(config.teacher.folder).filename().string();
  embedder.dim = teacher.network->options().embed_dim;
  embedder.scale = teacher.network->scale().item<double>();
  // Views are counted over all samples: view v of sample s is number s x views + v.
  const auto embed_views = [&config, &set, &teacher, views](int64_t first, int64_t count,
                                                            std::vector<float>& out) {
    const size_t values = teacher.preprocess.tensor_size();
    std::vector<float> pixels(values * static_cast<size_t>(count));
    const int64_t first_sample = first / views, last_sample = (first + count - 1) / views;
    parallel_for(static_cast<size_t>(last_sample - first_sample + 1), [&](size_t i) {
      const int64_t sample = first_sample + static_cast<int64_t>(i);
      const int64_t begin = std::max(first, sample * views);
      const int64_t end = std::min(first + count, (sample + 1) * views);
      data::load_views(set, teacher.preprocess, config.augment,
                       static_cast<uint64_t>(config.train.view_seed), sample,
                       begin - sample * views, end - begin,
                       std::span(pixels).subspan(static_cast<size_t>(begin - first) * values,
                                                 static_cast<size_t>(end - begin) * values));
    });
    const Autocast autocast(runs_in_bfloat16(config.teacher.bf16));
    const auto rows =
        teacher.network->encode_image(image_tensor(pixels, count, teacher.preprocess.size))
            .contiguous();
    out.insert(out.end(), rows.data_ptr<float>(), rows.data_ptr<float>() + rows.numel());
  };
  const int64_t batch = teacher.network->images_at_once();
  embedder.images = [embed_views, views, batch](int64_t first, int64_t count) {
    std::vector<float> out;
    const int64_t end = (first + count) * views;
    for (int64_t view = first * views; view < end; view += batch) {
      embed_views(view, std::min(batch, end - view), out);
    }
    return out;
  };
  embedder.texts = [&config, &set, &teacher](int64_t first, int64_t count) {
    const Autocast autocast(runs_in_bfloat16(config.teacher.bf16));
    return embed_texts(teacher, {set.texts().begin() + first, set.texts().begin() + first + count});
  };
  return embedder;
}

int64_t embed_teacher(const RunConfig& config, const RunData& data) {
  require(config.teacher.cache, "teacher.cache");
  const auto identity = cache_identity(config, data);
  if (is_complete(config.teacher.cache, identity)) return 0;
  auto teacher = load_model(config.teacher.folder);
  warn_of_texts(data.train, teacher);
  note_missing_bfloat16("teacher.bf16", config.teacher.bf16);
  const torch::InferenceMode guard;
  return data::write_teacher_cache(config.teacher.cache, identity, data.train.size(),
                                   static_cast<int64_t>(data.train.texts().size()),
                                   teacher_embedder(config, data, teacher));
}

}  // namespace clipstill::train
