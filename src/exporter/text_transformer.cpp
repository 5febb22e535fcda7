// nn/text_transformer.cpp: "transformer", "clip_text" and "siglip_text".
#include <limits>

#include "exporter/layers.h"
#include "exporter/onnx_file.h"
#include "exporter/towers.h"
#include "exporter/transformer.h"

namespace clipstill::exporter {
namespace {

TransformerShape shape_of(const nn::TextTowerOptions& options) {
  return {.width = options.width,
          .layers = options.layers,
          .head_width = options.head_width,
          .gelu = nn::gelu_of(options.activation)};
}

// The first end token of each text, and of one without its last token: [B].
Value end_of_text(GraphBuilder& graph, const std::string& where, const TextInputs& text,
                  int64_t end_id) {
  const auto equal = graph.add("Equal", {text.ids, graph.integers({end_id})}, where);
  const auto number = graph.add("Cast", {equal}, where, {{"to", onnx_type(torch::kLong)}});
  const auto is_end = graph.add("Mul", {number, text.mask}, where);  // [B, L]
  const auto first = graph.add("ArgMax", {is_end}, where, {{"axis", 1}, {"keepdims", 0}});
  const auto any = graph.add("ReduceMax", {is_end}, where, {{"axes", Ints{1}}, {"keepdims", 0}});
  const auto none = graph.add("Sub", {graph.integers({1}), any}, where);
  const auto length =
      graph.add("ReduceSum", {text.mask, graph.integers({1})}, where, {{"keepdims", 0}});
  const auto last = graph.add("Sub", {length, graph.integers({1})}, where);
  // Where there is none, `first` is 0.
  return graph.add("Add", {first, graph.add("Mul", {none, last}, where)}, where);
}

// What lets a token see only those up to itself: [L, L], 0 or the lowest float.
Value causal_bias(GraphBuilder& graph, const std::string& where, const Value& ids,
                  int64_t context) {
  const auto whole = torch::full({context, context}, std::numeric_limits<float>::lowest()).triu(1);
  const auto length = graph.add("Shape", {ids}, where, {{"start", 1}, {"end", 2}});
  const auto lengths = graph.add("Concat", {length, length}, where, {{"axis", 0}});
  return graph.add("Slice",
                   {graph.constant(where + ".causal", whole), graph.integers({0, 0}), lengths,
                    graph.integers({0, 1})},
                   where);
}

}  // namespace

Value export_text_transformer(GraphBuilder& graph, const Weights& tower,
                              const nn::TextTowerOptions& options, const TextInputs& text) {
  const auto bias = attention_bias(graph, tower.path(), text.mask);
  return one_token(graph, tower.at("transformer"), embed_with_positions(graph, tower, text.ids),
                   shape_of(options), bias, first_token(graph, tower.path(), bias));
}

Value export_clip_text(GraphBuilder& graph, const Weights& tower,
                       const nn::TextTowerOptions& options, const TextInputs& text) {
  const auto& where = tower.path();
  const auto end = end_of_text(graph, where, text, options.end_id);
  const auto bias = causal_bias(graph, where, text.ids, options.context);
  const auto pick = [&graph, &where, end](const Value& x) {
    const auto index = graph.add("Unsqueeze", {end, graph.integers({1})}, where);      // [B, 1]
    const auto token = graph.add("GatherND", {x, index}, where, {{"batch_dims", 1}});  // [B, W]
    return graph.add("Unsqueeze", {token, graph.integers({1})}, where);
  };
  const auto rows = graph.add("Gather", {bias, end}, where, {{"axis", 0}});  // [B, L]
  return one_token(graph, tower.at("transformer"), embed_with_positions(graph, tower, text.ids),
                   shape_of(options), bias,
                   {pick, graph.add("Unsqueeze", {rows, graph.integers({1, 2})}, where)});
}

Value export_siglip_text(GraphBuilder& graph, const Weights& tower,
                         const nn::TextTowerOptions& options, const TextInputs& text) {
  const auto& where = tower.path();
  // Padding is seen by all, and reaches to the end of the context.
  const auto padding = graph.integers({options.padding_id});
  const auto outside = graph.add("Sub", {graph.integers({1}), text.mask}, where);
  const auto ids = graph.add(
      "Add",
      {graph.add("Mul", {text.ids, text.mask}, where), graph.add("Mul", {padding, outside}, where)},
      where);
  const auto length = graph.add("Shape", {ids}, where, {{"start", 1}, {"end", 2}});
  const auto missing = graph.add("Sub", {graph.integers({options.context}), length}, where);
  const auto pads = graph.add("Concat", {graph.integers({0, 0, 0}), missing}, where, {{"axis", 0}});
  const auto one_padding = graph.add("Squeeze", {padding, graph.integers({0})}, where);
  const auto whole = graph.add("Pad", {ids, pads, one_padding}, where);  // [B, context]
  const auto pick = [&](const Value& x) {
    return graph.add("Gather", {x, graph.integers({options.context - 1})}, where, {{"axis", 1}});
  };
  return one_token(graph, tower.at("transformer"), embed_with_positions(graph, tower, whole),
                   shape_of(options), /*bias=*/{}, {pick, {}});
}

}  // namespace clipstill::exporter
