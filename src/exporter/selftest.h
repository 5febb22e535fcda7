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

/// The quantised encoders.
struct Int8Graphs {
  Graph image, text;
};

/// `count` images of coloured noise, fine and coarse; a pure function of its arguments.
torch::Tensor selftest_pixels(int64_t count, int64_t size);

/// Adds image_embeds [N, D] and text_embeds [M, D], with int8 graphs also image_embeds_int8 and
/// text_embeds_int8, and writes the file. The texts, as a JSON list, are its metadata.
void write_selftest(const std::filesystem::path& path, nn::ClipModel model,
                    const SelftestInputs& inputs, const Int8Graphs* int8 = nullptr);

}  // namespace clipstill::exporter
