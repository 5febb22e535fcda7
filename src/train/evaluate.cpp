#include "train/evaluate.h"

#include <algorithm>

#include "data/loader.h"
#include "train/batch_tensors.h"
#include "train/text_groups.h"

namespace clipstill::train {
namespace {

constexpr int64_t kBatch = 256;

void append(const torch::Tensor& embeddings, std::vector<float>& out) {
  const auto flat = embeddings.contiguous();
  out.insert(out.end(), flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel());
}

}  // namespace

std::vector<float> embed_images(Model& model, const data::PairSet& set) {
  const torch::InferenceMode guard;
  std::vector<float> out;
  for (int64_t first = 0; first < set.size(); first += kBatch) {
    const int64_t count = std::min(kBatch, set.size() - first);
    auto pixels = data::load_images(set, model.preprocess, first, count);
    append(model.network->encode_image(image_tensor(pixels, count, model.preprocess.size)), out);
  }
  return out;
}

std::vector<float> embed_texts(Model& model, const std::vector<std::string>& texts) {
  const torch::InferenceMode guard;
  const auto context = static_cast<int>(model.network->options().text.context);
  std::vector<float> out;
  for (size_t first = 0; first < texts.size(); first += kBatch) {
    const size_t count = std::min<size_t>(kBatch, texts.size() - first);
    const std::vector<std::string_view> views(texts.begin() + first, texts.begin() + first + count);
    auto tokens = model.tokenizer->encode_batch(views, context);
    const auto [ids, mask] = token_tensors(tokens);
    append(encode_text_by_length(model.network, ids, mask), out);
  }
  return out;
}

Evaluation evaluate(Model& model, const data::PairSet& set) {
  model.network->eval();
  return evaluation::evaluate(
      set,
      {.width = model.network->options().embed_dim,
       .images = [&](const data::PairSet& images) { return embed_images(model, images); },
       .texts = [&](const std::vector<std::string>& texts) { return embed_texts(model, texts); }});
}

}  // namespace clipstill::train
