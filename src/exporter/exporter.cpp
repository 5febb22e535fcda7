// Limits of the exporter:
// - It knows the towers of exporter/towers.cpp, not arbitrary modules, and exports inference only:
//   batch normalisation and parallel branches are folded, so a graph cannot be trained on.
// - Weights are fp32, inside the file, which ends at 2 GiB; there is no external data.
// - The image edge is fixed. Batch and text length are free; a text longer than the context fails
//   in the transformer and goes beyond what an LSTM was trained on.
// - Every text has at least one token, and its padding comes last: LSTMs count the tokens of the
//   mask and read that many from the start.
// - LSTM graphs need a runtime that honours sequence_lens (ONNX Runtime does; the reference
//   evaluator of the onnx package does not).
// - Opset 17 has no operator for attention, so it stays several nodes (exporter/transformer.h).
#include "exporter/exporter.h"

#include <fmt/format.h>

#include "exporter/graph_builder.h"
#include "exporter/layers.h"
#include "exporter/towers.h"
#include "exporter/weights.h"

namespace clipstill::exporter {
namespace {

constexpr const char* kBatch = "batch";

// Features -> the joint space; what both encoders end with.
Graph finish(GraphBuilder graph, const nn::ClipModel& model, const Weights& projection,
             const Value& features, const char* output) {
  const int64_t width = model->options().embed_dim;
  const auto embedding = projection.has("weight") ? linear(graph, projection, features) : features;
  graph.output(
      l2_normalise(graph, projection.path(), embedding),
      {.name = output, .doc = "points of the joint space, of length 1", .shape = {kBatch, width}});
  graph.metadata("embed_dim", std::to_string(width));
  // What multiplies the cosine of two embeddings before a softmax.
  graph.metadata("logit_scale", fmt::format("{}", logit_scale(model)));
  return std::move(graph).finish();
}

}  // namespace

float logit_scale(const nn::ClipModel& model) {
  return model->scale().item<float>();
}

Graph image_encoder(const nn::ClipModel& model) {
  const auto& options = model->options().image;
  const Weights weights(*model);
  GraphBuilder graph("image_encoder",
                     fmt::format("Images to L2-normalised embeddings: {} tower, {} x {} pixels.",
                                 options.arch, options.size, options.size));
  const auto pixels = graph.input({.name = "pixel_values",
                                   .doc = "RGB, as preprocessor_config.json says",
                                   .shape = {kBatch, 3, options.size, options.size}});
  graph.metadata("architecture", options.arch);
  graph.metadata("image_size", std::to_string(options.size));
  const auto tower = image_tower_export(options.arch);
  const auto features = tower(graph, weights.at("image"), options, pixels);
  return finish(std::move(graph), model, weights.at("image_projection"), features, "image_embeds");
}

Graph text_encoder(const nn::ClipModel& model) {
  const auto& options = model->options().text;
  const Weights weights(*model);
  GraphBuilder graph("text_encoder",
                     fmt::format("Texts to L2-normalised embeddings: {} tower, up to {} tokens.",
                                 options.arch, options.context));
  const std::vector<Dim> shape{kBatch, "sequence"};
  const auto ids = graph.input({.name = "input_ids",
                                .doc = "token ids, as the tokenizer of the bundle gives them",
                                .type = torch::kLong,
                                .shape = shape});
  const auto mask = graph.input({.name = "attention_mask",
                                 .doc = "1 for a token, 0 for the padding after the last",
                                 .type = torch::kLong,
                                 .shape = shape});
  graph.metadata("architecture", options.arch);
  graph.metadata("context_length", std::to_string(options.context));
  graph.metadata("vocabulary_size", std::to_string(options.vocabulary));
  // Whatever stands at a masked position, even an id outside of the vocabulary, becomes id 0.
  const auto valid = graph.add("Mul", {ids, mask}, "text");
  const auto tower = text_tower_export(options.arch);
  const auto features = tower(graph, weights.at("text"), options, {valid, mask});
  return finish(std::move(graph), model, weights.at("text_projection"), features, "text_embeds");
}

}  // namespace clipstill::exporter
