// The teacher's part: its cache for a run, made if it is not there.
#pragma once

#include <filesystem>
#include <memory>

#include "data/teacher_cache.h"
#include "train/config.h"
#include "train/model_folder.h"
#include "train/run_data.h"

namespace clipstill::train {

/// Fingerprints of everything that the cache of this config depends on: the teacher's weights,
/// preprocessing and tokenizer, the augmentation, the training split.
data::CacheIdentity cache_identity(const RunConfig& config, const RunData& data);

/// Whether the cache of this config is there and complete.
bool has_teacher_cache(const RunConfig& config, const RunData& data);

/// How `teacher` embeds the augmented views and the texts of the training split. The arguments
/// must outlive the result, which is called without gradients (torch::InferenceMode).
data::TeacherEmbedder teacher_embedder(const RunConfig& config, const RunData& data,
                                       Model& teacher);

/// Embeds all views of the training split with the teacher of the config into config.teacher.cache.
/// Resumable; returns how many images and texts it embedded now (0: it was complete).
int64_t embed_teacher(const RunConfig& config, const RunData& data);

}  // namespace clipstill::train
