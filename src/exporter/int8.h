// The int8 encoders of a model: calibrated, every layer's cost measured, and the costliest layers
// left in fp32 until both encoders together are as good as was asked for. Where that fails, their
// weights may be trained for int8, and it is tried again.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/options.h"
#include "exporter/calibration.h"
#include "exporter/evaluator.h"
#include "exporter/quantizer.h"

namespace clipstill::exporter {

struct Int8Options {
  CalibrationOptions calibration;
  bool reduce_range = true;  // weights of 7 bits: the same results on CPUs without VNNI
  double max_drop = 0.3;     // points of recall@1, and of zero-shot accuracy, that int8 may lose
  double max_size = 0.5;     // of the int8 weights, as a share of the fp32 ones
  StringList fp32_layers;    // stay fp32 whatever they cost
  int64_t qat_steps = 0;     // of training where the limits are missed; 0 = none
  double qat_lr = 1e-4;      // its learning rate
};

/// The keys "int8.method", "int8.max_drop", …
void declare_options(OptionSet& set, Int8Options& options);

struct EncoderData {
  Graph graph;                       // fp32
  std::vector<Tensors> calibration;  // without padding
  std::vector<Tensors> validation;   // what a layer's cost is measured on
};

struct LayerCost {
  std::string layer;  // "image.stem/Conv"
  double cost = 0;    // 1 - mean cosine of its embeddings, it alone in int8, and those of fp32
  bool is_fp32 = false;
};

/// What is compared, in [0, 1].
struct Accuracy {
  double recall = 0, zero_shot = 0;
};

struct Int8Encoders {
  Graph image, text;
  std::vector<LayerCost> layers;  // of both, the costliest first
  Accuracy fp32_score, int8_score;
  double size = 0;  // weights in bytes, as a share of those of fp32
  bool is_trained = false;
};

/// Accuracy of a pair of encoders on validation data.
using Score = std::function<Accuracy(const Evaluator& image, const Evaluator& text)>;

using NamedWeight = std::pair<std::string, torch::Tensor>;

/// Two encoders to be trained for int8: the graphs that would be shipped, with all layers in int8
/// that may be, the ranges that were calibrated, and rounding that lets gradients through
/// (exporter/quantization.h).
struct Int8Student {
  std::vector<NamedWeight> weights;  // of both; live leaves that require gradients
  /// One batch -> embeddings [B, D] with the weights as they are, rounded anew at every call.
  std::function<torch::Tensor(const Tensors&)> image, text;
};

/// Moves the weights. Deterministic.
using Int8Training = std::function<void(const Int8Student&)>;

/// A pure function of its arguments. With a training, if the limit cannot be met, trains both
/// encoders and tries again. kAccuracyGate naming the costliest layers if the limit cannot be met
/// within the size, or the size if it is above its limit with all layers in int8 that may be.
Int8Encoders make_int8(const EncoderData& image, const EncoderData& text, const Score& score,
                       const Int8Options& options, const Int8Training& train = {});

}  // namespace clipstill::exporter
