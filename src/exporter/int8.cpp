#include "exporter/int8.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "core/error.h"
#include "core/log.h"
#include "core/progress.h"
#include "exporter/int8_encoder.h"

namespace clipstill::exporter {
namespace {

std::string costliest(const std::vector<LayerCost>& layers) {
  constexpr size_t kNamed = 3;
  std::vector<std::string> names;
  for (size_t i = 0; i < std::min(kNamed, layers.size()); ++i) {
    names.push_back(fmt::format("{} ({:.1e})", layers[i].layer, layers[i].cost));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

// Both encoders, and how good and how large they are with the layers in int8 that are.
class Search {
 public:
  Search(const EncoderData& image, const EncoderData& text, const Score& score,
         const Int8Options& options)
      : image_(image, options),
        text_(text, options),
        score_(score),
        options_(options),
        fp32_bytes_(static_cast<double>(weight_bytes(image.graph) + weight_bytes(text.graph))) {
    for (const auto& layer : options.fp32_layers) {
      if (image_.has(layer) || text_.has(layer)) continue;
      fail(ErrorCode::kUsage, "int8.fp32_layers: no layer \"{}\"; the layers are {}, {}", layer,
           fmt::join(image_.layers(), ", "), fmt::join(text_.layers(), ", "));
    }
    quantize();
    if (out_.size > options.max_size) {
      fail(ErrorCode::kAccuracyGate,
           "the int8 weights take {:.1f} % of the bytes of fp32's, allowed are {:.1f} %; allow "
           "more (int8.max_size), or name fewer layers in int8.fp32_layers (there are {})",
           100 * out_.size, 100 * options.max_size, options.fp32_layers.size());
    }
    out_.fp32_score = score(Evaluator(image.graph), Evaluator(text.graph));
  }

  // Leaves the costliest layers in fp32 until the limit is met; whether it is.
  bool meets_limit() {
    measure_costs();
    bool is_good = measure();
    for (const auto& [layer, cost, was_fp32] : out_.layers) {
      if (is_good) break;
      auto& encoder = encoder_of(layer);
      if (encoder.is_fp32(layer)) continue;
      encoder.leave_in_fp32(layer);
      quantize();
      if (out_.size > options_.max_size) {  // a smaller layer may still find room
        encoder.put_into_int8(layer);
        continue;
      }
      log_info("int8: {} stays fp32", layer);
      is_good = measure();
    }
    quantize();
    for (auto& layer : out_.layers) layer.is_fp32 = encoder_of(layer.layer).is_fp32(layer.layer);
    return is_good;
  }

  // From all layers in int8 again.
  void train(const Int8Training& train) {
    log_info("int8: it loses {}; training", losses());
    Int8Student student;
    for (auto* encoder : {&image_, &text_}) {
      encoder->put_all_into_int8();
      for (auto& weight : encoder->unfreeze()) student.weights.push_back(std::move(weight));
    }
    student.image = [this](const Tensors& batch) { return image_.embed(batch); };
    student.text = [this](const Tensors& batch) { return text_.embed(batch); };
    train(student);
    image_.freeze();
    text_.freeze();
    quantize();
    out_.is_trained = true;
  }

  std::string losses() const {
    return fmt::format("{:.2f} points of validation recall@1 and {:.2f} of zero-shot accuracy",
                       lost(&Accuracy::recall), lost(&Accuracy::zero_shot));
  }
  Int8Encoders& result() { return out_; }

 private:
  Int8Encoder& encoder_of(const std::string& layer) { return image_.has(layer) ? image_ : text_; }

  void quantize() {
    out_.image = image_.graph();
    out_.text = text_.graph();
    out_.size =
        static_cast<double>(weight_bytes(out_.image) + weight_bytes(out_.text)) / fp32_bytes_;
  }

  void measure_costs() {
    Progress progress("int8", "layers", image_.layers().size() + text_.layers().size());
    out_.layers.clear();
    for (const auto* encoder : {&image_, &text_}) {
      for (auto& cost : encoder->costs([&] { progress.advance(); })) out_.layers.push_back(cost);
    }
    std::ranges::stable_sort(out_.layers, std::greater(), &LayerCost::cost);
  }

  bool measure() {
    out_.int8_score = score_(Evaluator(out_.image), Evaluator(out_.text));
    return std::max(lost(&Accuracy::recall), lost(&Accuracy::zero_shot)) <= options_.max_drop;
  }
  double lost(double Accuracy::*kind) const {  // points
    return 100 * (out_.fp32_score.*kind - out_.int8_score.*kind);
  }

  Int8Encoder image_, text_;
  const Score& score_;
  const Int8Options& options_;
  double fp32_bytes_;
  Int8Encoders out_;
};

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
  set.add("int8.qat_steps", o.qat_steps,
          "where the limits are missed: steps of training in int8 with the run's own losses")
      .range(0, 1e6);
  set.add("int8.qat_lr", o.qat_lr, "learning rate of these steps, constant").range(1e-9, 1);
}

Int8Encoders make_int8(const EncoderData& image, const EncoderData& text, const Score& score,
                       const Int8Options& options, const Int8Training& train) {
  Search search(image, text, score, options);
  bool is_good = search.meets_limit();
  if (!is_good && train) {
    search.train(train);
    is_good = search.meets_limit();
  }
  auto& result = search.result();
  if (is_good) return std::move(result);
  fail(
      ErrorCode::kAccuracyGate,
      "int8 loses {}{}, allowed are {} within {:.0f} % of the size; the layers that cost most: {}; "
      "allow more (int8.max_drop, int8.max_size), try another int8.method{}",
      search.losses(), result.is_trained ? " after training in int8" : "", options.max_drop,
      100 * options.max_size, costliest(result.layers),
      result.is_trained ? " or train longer (int8.qat_steps)"
                        : " or train in int8 (int8.qat_steps)");
}

}  // namespace clipstill::exporter
