// `metrics.json` of a bundle: what its model was measured to do, on which data, in which form.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace clipstill::bundle {

constexpr const char* kMetricsFile = "metrics.json";

/// "en/image_to_text/recall@1" and the like, in [0, 1].
using Metrics = std::map<std::string, double>;

struct MetricsFile {
  /// The data that everything below was measured on; the fingerprint is that of the split.
  std::string split, fingerprint;
  int64_t pairs = 0;
  /// Options that lead to it but for its path: "data.holdout" -> "noto".
  std::map<std::string, std::string> options;

  /// By what ran: "torch" (fp32), "torch_int8" (the int8 graphs, evaluated with libtorch),
  /// "onnx_fp32" and "onnx_int8" (ONNX Runtime).
  std::map<std::string, Metrics> results;

  /// How the int8 encoders were made; no layers if there are none.
  struct Layer {
    std::string name;
    double cost = 0;  // 1 - mean cosine with fp32 embeddings on validation data, it alone in int8
    bool is_fp32 = false;
  };
  std::string method;
  bool reduce_range = false;
  double max_drop = 0;        // points
  double size = 0;            // int8 weights as a share of the fp32 ones
  int64_t qat_steps = 0;      // in which their weights were trained for int8
  std::vector<Layer> layers;  // the costliest first
};

/// The same content gives the same text.
std::string to_json(const MetricsFile& file);

/// kBadData naming `origin`, the path, and what is missing or of another type.
MetricsFile parse_metrics(std::string_view text, const std::string& origin);

}  // namespace clipstill::bundle
