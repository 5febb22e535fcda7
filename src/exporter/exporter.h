// A model's two encoders as ONNX graphs.
#pragma once

#include "exporter/graph.h"
#include "nn/clip_model.h"

namespace clipstill::exporter {

/// pixel_values [batch, 3, S, S] -> image_embeds [batch, D], of length 1.
Graph image_encoder(const nn::ClipModel& model);

/// input_ids, attention_mask [batch, sequence] int64 -> text_embeds [batch, D], of length 1.
Graph text_encoder(const nn::ClipModel& model);

/// min(exp(logit_scale), max_scale): what multiplies the cosine of two embeddings.
float logit_scale(const nn::ClipModel& model);

}  // namespace clipstill::exporter
