// Inputs and the embeddings that libtorch computes from them: `selftest.safetensors`, with which
// whoever runs a bundle checks it.
#pragma once

#include <torch/torch.h>

#include <filesystem>
#include <string>
#include <vector>

#include "exporter/graph.h"
#include "nn/clip_model.h"

namespace clipstill::exporter {

struct SelftestInputs {
  torch::Tensor pixel_values;               // [N, 3, S, S] float
  torch::Tensor input_ids, attention_mask;  // [M, L] int64
  std::vector<std::string> texts;           // what the ids encode; may be empty
};

/// Both encoders, in one form or another.
struct Encoders {
  Graph image, text;
};

/// `count` images of coloured noise, fine and coarse; a pure function of its arguments.
torch::Tensor selftest_pixels(int64_t count, int64_t size);

/// Embeddings that a bundle should give here.
struct Expected {
  torch::Tensor image, text;  // [N, D], [M, D]
};
Expected expected_of(nn::ClipModel model, const SelftestInputs& inputs);
/// By the evaluator: where the graphs are not quite the model any more.
Expected expected_of(const Encoders& encoders, const SelftestInputs& inputs);

/// Writes the inputs, image_embeds and text_embeds, and with int8 encoders image_embeds_int8 and
/// text_embeds_int8. The texts, as a JSON list, are the file's metadata. kBadData naming the tensor
/// and the tower if a value is not finite.
void write_selftest(const std::filesystem::path& path, const SelftestInputs& inputs,
                    const Expected& expected, const Expected* int8 = nullptr);

}  // namespace clipstill::exporter
