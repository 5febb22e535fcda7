#include "exporter/int8.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "core/error.h"
#include "core/log.h"
#include "core/progress.h"
#include "exporter/int8_prepare.h"

namespace clipstill::exporter {
namespace {

// One encoder on its way to int8.
class Encoder {
 public:
  Encoder(const EncoderData& data, const Int8Options& options)
      : data_(data),
        graph_(prepared_for_int8(data.graph)),
        layers_(quantizable_layers(graph_)),
        ranges_(calibrate(graph_, data.calibration, options.calibration)),
        quantizer_{.fp32_layers = slow_in_int8(graph_), .reduce_range = options.reduce_range} {
    for (const auto& layer : options.fp32_layers) {
      if (has(layer)) quantizer_.fp32_layers.insert(layer);
    }
  }

  const std::vector<std::string>& layers() const { return layers_; }
  bool has(const std::string& layer) const { return std::ranges::count(layers_, layer) > 0; }
  bool is_fp32(const std::string& layer) const { return quantizer_.fp32_layers.contains(layer); }
  void leave_in_fp32(const std::string& layer) { quantizer_.fp32_layers.insert(layer); }
  void put_into_int8(const std::string& layer) { quantizer_.fp32_layers.erase(layer); }

  Graph graph() const { return quantized(graph_, ranges_, quantizer_); }

  /// What each layer costs alone; `advance` is called after each.
  std::vector<LayerCost> costs(const std::function<void()>& advance) const {
    const auto expected = run_all(Evaluator(data_.graph), data_.validation);  // [N, D], length 1
    std::vector<LayerCost> costs;
    for (const auto& layer : layers_) {
      auto alone = quantizer_;
      alone.fp32_layers = {layers_.begin(), layers_.end()};
      alone.fp32_layers.erase(layer);
      const auto found = run_all(Evaluator(quantized(graph_, ranges_, alone)), data_.validation);
      const double cosine = (found * expected).sum(1).to(torch::kDouble).mean().item<double>();
      costs.push_back({layer, std::max(0.0, 1 - cosine)});
      advance();
    }
    return costs;
  }

 private:
  const EncoderData& data_;
  Graph graph_;
  std::vector<std::string> layers_;
  Ranges ranges_;
  QuantizerOptions quantizer_;
};

std::string costliest(const std::vector<LayerCost>& layers) {
  constexpr size_t kNamed = 3;
  std::vector<std::string> names;
  for (size_t i = 0; i < std::min(kNamed, layers.size()); ++i) {
    names.push_back(fmt::format("{} ({:.1e})", layers[i].layer, layers[i].cost));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

void declare_options(OptionSet& set, Int8Options& o) {
  declare_options(set, "int8", o.calibration);
  set.add("int8.reduce_range", o.reduce_range,
          "7-bit weights, with which CPUs without VNNI do not saturate");
  set.add("int8.max_drop", o.max_drop, "points of recall@1 and zero-shot accuracy int8 may lose")
      .range(0, 100);
  set.add("int8.max_size", o.max_size, "most that int8 weights may take, as a share of fp32's")
      .range(0, 1);
  set.add("int8.fp32_layers", o.fp32_layers, "layers to leave in fp32, as metrics.json names them");
}

Int8Encoders make_int8(const EncoderData& image_data, const EncoderData& text_data,
                       const Score& score, const Int8Options& options) {
  Encoder image(image_data, options), text(text_data, options);
  for (const auto& layer : options.fp32_layers) {
    if (image.has(layer) || text.has(layer)) continue;
    fail(ErrorCode::kUsage, "int8.fp32_layers: no layer \"{}\"; the layers are {}, {}", layer,
         fmt::join(image.layers(), ", "), fmt::join(text.layers(), ", "));
  }
  const auto fp32_bytes =
      static_cast<double>(weight_bytes(image_data.graph) + weight_bytes(text_data.graph));
  Int8Encoders out;
  const auto quantize = [&] {
    out.image = image.graph();
    out.text = text.graph();
    out.size = static_cast<double>(weight_bytes(out.image) + weight_bytes(out.text)) / fp32_bytes;
  };
  quantize();
  if (out.size > options.max_size) {
    fail(ErrorCode::kAccuracyGate,
         "the int8 weights take {:.1f} % of the bytes of fp32's, allowed are {:.1f} %; allow more "
         "(int8.max_size), or name fewer layers in int8.fp32_layers (there are {})",
         100 * out.size, 100 * options.max_size, options.fp32_layers.size());
  }
  {
    Progress progress("int8", "layers", image.layers().size() + text.layers().size());
    for (const auto* encoder : {&image, &text}) {
      for (auto& cost : encoder->costs([&] { progress.advance(); })) out.layers.push_back(cost);
    }
  }
  std::ranges::stable_sort(out.layers, std::greater(), &LayerCost::cost);

  const auto lost = [&](double Accuracy::*kind) {  // points
    return 100 * (out.fp32_score.*kind - out.int8_score.*kind);
  };
  const auto measure = [&] {
    out.int8_score = score(Evaluator(out.image), Evaluator(out.text));
    return std::max(lost(&Accuracy::recall), lost(&Accuracy::zero_shot)) <= options.max_drop;
  };
  out.fp32_score = score(Evaluator(image_data.graph), Evaluator(text_data.graph));
  bool is_good = measure();
  for (const auto& [layer, cost, was_fp32] : out.layers) {
    if (is_good) break;
    auto& encoder = image.has(layer) ? image : text;
    if (encoder.is_fp32(layer)) continue;
    encoder.leave_in_fp32(layer);
    quantize();
    if (out.size > options.max_size) {  // a smaller layer may still find room
      encoder.put_into_int8(layer);
      continue;
    }
    log_info("int8: {} stays fp32", layer);
    is_good = measure();
  }
  quantize();
  for (auto& layer : out.layers) {
    layer.is_fp32 = (image.has(layer.layer) ? image : text).is_fp32(layer.layer);
  }
  if (!is_good) {
    fail(
        ErrorCode::kAccuracyGate,
        "int8 loses {:.2f} points of validation recall@1 and {:.2f} of zero-shot accuracy, allowed "
        "are {} within {:.0f} % of the size; the layers that cost most: {}; allow more "
        "(int8.max_drop, int8.max_size) or try another int8.method",
        lost(&Accuracy::recall), lost(&Accuracy::zero_shot), options.max_drop,
        100 * options.max_size, costliest(out.layers));
  }
  return out;
}

}  // namespace clipstill::exporter
