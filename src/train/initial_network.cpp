#include "train/initial_network.h"

#include <algorithm>

#include "core/error.h"
#include "core/parallel.h"
#include "data/loader.h"
#include "nn/inherit.h"
#include "text/piece_map.h"
#include "train/batch_tensors.h"
#include "train/model_folder.h"

namespace clipstill::train {
namespace {

// Of what the teacher embeds at once: enough places for a few hundred weights per channel, in about
// 1 GB of activations.
constexpr int64_t kBatches = 8;

// The first view, as training sees it, of images from all over the set.
torch::Tensor some_views(const RunConfig& config, const data::PairSet& train, int64_t count) {
  const auto preprocess = config.preprocess();
  const size_t values = preprocess.tensor_size();
  std::vector<float> pixels(values * static_cast<size_t>(count));
  parallel_for(static_cast<size_t>(count), [&](size_t i) {
    data::load_views(train, preprocess, config.augment,
                     static_cast<uint64_t>(config.train.view_seed),
                     static_cast<int64_t>(i) * train.size() / count, /*first=*/0, /*count=*/1,
                     std::span(pixels).subspan(i * values, values));
  });
  return image_tensor(pixels, count, preprocess.size);
}

}  // namespace

const std::string& folder_to_inherit(const RunConfig& config) {
  if (config.teacher.folder.empty()) {
    fail(ErrorCode::kUsage, "teacher.folder is empty; model.inherit needs it");
  }
  return config.teacher.folder;
}

nn::ClipModel initial_network(const RunConfig& config, const data::PairSet& train,
                              const text::Tokenizer& tokenizer) {
  auto network = make_network(config.model, tokenizer, static_cast<uint64_t>(config.train.seed));
  if (config.inherit == "none") return network;
  const auto teacher = load_model(folder_to_inherit(config));
  if (config.inherits("image")) {
    const int64_t count = std::min(train.size(), kBatches * teacher.network->images_at_once());
    nn::inherit_image(*network, *teacher.network, some_views(config, train, count));
  }
  if (config.inherits("text")) {
    nn::inherit_text(*network, *teacher.network, text::pieces_in(*teacher.tokenizer, tokenizer));
  }
  if (config.inherit == "both") nn::inherit_scale(*network, *teacher.network);
  return network;
}

}  // namespace clipstill::train
