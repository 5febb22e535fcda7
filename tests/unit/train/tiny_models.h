// Models and data small enough to train in milliseconds.
#pragma once

#include <torch/torch.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../data/memory_pairs.h"
#include "text/vocabulary.h"
#include "train/model_folder.h"
#include "train/run_data.h"
#include "train/tensors.h"

namespace clipstill::train {

/// A ViT and a transformer: no batch norm, so that chunks of a batch do not see each other.
inline nn::ClipModelOptions tiny_options(int64_t embed_dim = 8) {
  nn::ClipModelOptions o;
  o.image.arch = "vit";
  o.image.size = 16;
  o.image.width = 16;
  o.image.blocks = {1};
  o.image.head_width = 8;
  o.text.vocabulary = 40;
  o.text.context = 8;
  o.text.width = 16;
  o.text.layers = 1;
  o.text.head_width = 8;
  o.embed_dim = embed_dim;
  return o;
}

/// 24 records of 12 labels with English and Chinese texts: 15 to train, 3 to validate, 6 to test.
/// `on_read` is called wherever an image is read, by any thread.
inline RunData tiny_data(const std::function<void()>& on_read = [] {}) {
  std::vector<data::PairRecord> records;
  for (int i = 0; i < 24; ++i) {
    const auto label = std::to_string(i / 2);
    const char* split = i >= 18 ? "test" : i >= 15 ? "val" : "train";
    records.push_back(data::record(
        "r" + std::to_string(i),
        {{"number " + label, "en", ""}, {"数" + label, "zh", ""}, {"no. " + label, "en", ""}},
        label, "", split));
  }
  const auto source = std::make_shared<data::MemoryPairs>(std::move(records), [on_read](size_t i) {
    on_read();
    return data::png(static_cast<uint8_t>(10 * i), static_cast<uint8_t>(250 - 9 * i),
                     static_cast<uint8_t>(i % 2 * 200), 16);
  });
  data::SplitOptions own;
  own.validation_share = 0;
  const auto splits = data::split_records(*source, own);
  const auto set = [&](const std::vector<size_t>& of) {
    return data::PairSet(source, of, {"en", "zh"}, {"en:the {}"});
  };
  return {set(splits.train), set(splits.validation), set(splits.test)};
}

inline Model tiny_model(const RunData& data, uint64_t seed, int64_t embed_dim = 8) {
  Model model;
  model.tokenizer = make_tokenizer({"", /*vocabulary=*/40, /*min_frequency=*/1}, data.train);
  const auto options = tiny_options(embed_dim);
  model.network = make_network(options, *model.tokenizer, seed);
  model.preprocess.size = static_cast<int>(options.image.size);
  return model;
}

inline bool same_bits(const torch::Tensor& a, const torch::Tensor& b) {
  return a.sizes() == b.sizes() && torch::equal(a, b);
}

inline NamedTensors copy_of(const NamedTensors& tensors) {
  NamedTensors copy;
  for (const auto& [name, tensor] : tensors) copy[name] = tensor.detach().clone();
  return copy;
}

inline void expect_same(const NamedTensors& a, const NamedTensors& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) EXPECT_TRUE(same_bits(tensor, b.at(name))) << name;
}

}  // namespace clipstill::train
