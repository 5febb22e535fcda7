#include "train/evaluate.h"

#include <algorithm>
#include <utility>

#include "data/loader.h"
#include "train/batch_tensors.h"
#include "train/text_groups.h"

namespace clipstill::train {
namespace {

constexpr size_t kTexts = 64;  // at once

void append(const torch::Tensor& embeddings, std::vector<float>& out) {
  const auto flat = embeddings.contiguous();
  out.insert(out.end(), flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel());
}

BatchEncoders encoders_of(const Model& model) {
  auto network = model.network;
  return {.images = [network](const auto& pixels) mutable { return network->encode_image(pixels); },
          .texts =
              [network](const auto& ids, const auto& mask) mutable {
                return encode_text_by_length(network, ids, mask);
              }};
}

}  // namespace

evaluation::Embedders embedders(const Model& model, BatchEncoders encoders) {
  return {.width = model.network->options().embed_dim,
          .images =
              [&model, encode = std::move(encoders.images)](const data::PairSet& set) {
                const torch::InferenceMode guard;
                std::vector<float> out;
                const int64_t batch = model.network->images_at_once();
                for (int64_t first = 0; first < set.size(); first += batch) {
                  const int64_t count = std::min(batch, set.size() - first);
                  auto pixels = data::load_images(set, model.preprocess, first, count);
                  append(encode(image_tensor(pixels, count, model.preprocess.size)), out);
                }
                return out;
              },
          .texts =
              [&model, encode = std::move(encoders.texts)](const std::vector<std::string>& texts) {
                const torch::InferenceMode guard;
                const auto context = static_cast<int>(model.network->options().text.context);
                std::vector<float> out;
                for (size_t first = 0; first < texts.size(); first += kTexts) {
                  const size_t count = std::min(kTexts, texts.size() - first);
                  const std::vector<std::string_view> views(texts.begin() + first,
                                                            texts.begin() + first + count);
                  auto tokens = model.tokenizer->encode_batch(views, context);
                  const auto [ids, mask] = token_tensors(tokens);
                  append(encode(ids, mask), out);
                }
                return out;
              }};
}

std::vector<float> embed_images(Model& model, const data::PairSet& set) {
  return embedders(model, encoders_of(model)).images(set);
}

std::vector<float> embed_texts(Model& model, const std::vector<std::string>& texts) {
  return embedders(model, encoders_of(model)).texts(texts);
}

evaluation::Answers answers(Model& model, const data::PairSet& set) {
  model.network->eval();
  return {set, embedders(model, encoders_of(model))};
}

std::map<std::string, evaluation::LabelCalibration> label_calibration(Model& model,
                                                                      const data::PairSet& set) {
  model.network->eval();
  return evaluation::label_calibration(set, embedders(model, encoders_of(model)),
                                       model.network->scale().item<double>());
}

Evaluation evaluate(Model& model, const data::PairSet& set) {
  model.network->eval();
  return evaluation::evaluate(set, embedders(model, encoders_of(model)));
}

}  // namespace clipstill::train
