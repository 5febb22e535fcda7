// How much a teacher embeds at once: a part of the batch for each thread, which takes it through
// the whole network alone. No thread waits for another between two operators, the products within
// attention are too small to be shared, and a part stays near its core's caches.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "nn/clip_model.h"
#include "train/config.h"

namespace clipstill::train {

struct EmbeddingPlan {
  int64_t images = 1, texts = 1;  // of one part, at most
  int64_t at_once = 1;  // parts, one thread each; 1 = one part after the other, on all threads
  /// Of which the number of parts is a multiple where there are rows enough: threads end together.
  int64_t parts_multiple = 1;
  /// By the limit of memory. Products of other shapes are summed in another order, which changes
  /// the last bits of some embeddings.
  bool has_smaller_parts = false;
  /// What the process needs at most: weights, activations, and the libraries. Pages of the file of
  /// weights, which the system takes back when it needs them, are not counted.
  int64_t bytes = 0;
};

/// Bytes that teacher.memory names: "4G", "512M", "1.5e9"; units of 1000. 0 for "" and "0", which
/// mean no limit; kUsage for anything else.
int64_t memory_limit(const std::string& text);

/// Parts of 64 MB of activations, whatever the number of threads, which thus changes no result.
/// Within options.memory fewer parts are computed at once, and where not even one of them fits,
/// smaller ones; kUsage naming what is needed where that is too little for one input. In bfloat16,
/// whose weights libtorch copies for each thread, and on another device, one part at a time.
EmbeddingPlan plan_embedding(const nn::ClipModelImpl& network, const TeacherOptions& options,
                             int64_t threads);

/// embed(first, count) for the rows [0, rows) in equal parts of at most `part` rows; their results
/// one after the other. With plan.at_once > 1 they come from several threads, with this thread's
/// InferenceMode, each of which computes alone.
std::vector<float> embed_in_parts(
    int64_t rows, int64_t part, const EmbeddingPlan& plan,
    const std::function<std::vector<float>(int64_t first, int64_t count)>& embed);

/// Embeddings [B, D] of the tokens ids [B, L], mask [B, L] bool, in the plan's parts. A part holds
/// texts of about one length, and is as long as its longest; the longest texts come first, so that
/// no thread ends late.
std::vector<float> embed_tokens(nn::ClipModel& network, const torch::Tensor& ids,
                                const torch::Tensor& mask, const EmbeddingPlan& plan);

}  // namespace clipstill::train
