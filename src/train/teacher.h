// The teachers' part: their caches for a run, made if they are not there.
#pragma once

#include <filesystem>
#include <memory>

#include "data/teacher_cache.h"
#include "train/active_losses.h"
#include "train/config.h"
#include "train/model_folder.h"
#include "train/run_data.h"

namespace clipstill::train {

/// One of the teachers that a student learns from.
struct Teacher {
  std::filesystem::path folder;  // its model
  /// Its soft labels: teacher.cache, and for those of teacher.others a folder in it that has the
  /// name and the weights' fingerprint of the model, so that configs with some of the same teachers
  /// share them.
  std::filesystem::path cache;
  /// Everything that the soft labels depend on: the teacher's weights, preprocessing and tokenizer,
  /// and what is the same for all teachers: the augmented views, the training split.
  data::CacheIdentity identity;
  double share = 1;  // in the mean over the teachers
};

/// teacher.folder, then teacher.others. kUsage where a key that they need is empty or
/// teacher.weights does not fit them.
std::vector<Teacher> teachers_of(const RunConfig& config, const RunData& data);

/// Whether the teacher's soft labels are there and complete.
bool has_cache(const Teacher& teacher);

/// The soft labels that a run learns from, in the order of its teachers.
struct SoftLabelCaches {
  std::vector<data::TeacherCache> caches;
  std::vector<TeacherShape> shapes;
};

/// Opens those of the config's teachers; none where no loss needs one. Errors of TeacherCache.
SoftLabelCaches open_caches(const RunConfig& config, const RunData& data);

/// The model of `folder` on the device that the options name. kUsage where libtorch or the machine
/// has no such device.
Model load_teacher(const TeacherOptions& options, const std::filesystem::path& folder);

/// How `teacher`, the model of `folder`, embeds the augmented views and the texts of the training
/// split. The arguments must outlive the result, which is called without gradients
/// (torch::InferenceMode).
data::TeacherEmbedder teacher_embedder(const RunConfig& config, const std::filesystem::path& folder,
                                       const RunData& data, Model& teacher);

/// Embeds all views of the training split with each teacher of the config into its cache, one after
/// the other. Resumable; returns how many images and texts it embedded now, each counted once for
/// each teacher (0: all was complete). With one part alone a cache is complete when the other part
/// is there. kUsage for values of teacher.memory and teacher.device that no machine can take, also
/// where nothing is left to embed.
int64_t embed_teachers(const RunConfig& config, const RunData& data,
                       data::CachePart part = data::CachePart::kAll);

}  // namespace clipstill::train
