#include "exporter/half_weights.h"

#include <limits>
#include <utility>

#include "core/error.h"
#include "exporter/onnx_file.h"

namespace clipstill::exporter {
namespace {

constexpr int64_t kLeastValues = 256;  // below that a Cast costs more bytes than it saves

// A mask, in which the lowest float stands for minus infinity. fp16 has no such number.
bool is_mask(const torch::Tensor& value) {
  return value.min().item<float>() == std::numeric_limits<float>::lowest();
}

}  // namespace

Graph with_half_weights(Graph graph) {
  std::vector<Node> casts;
  for (auto& initializer : graph.initializers) {
    if (initializer.value.scalar_type() != torch::kFloat ||
        initializer.value.numel() < kLeastValues || is_mask(initializer.value)) {
      continue;
    }
    const auto half = initializer.value.to(torch::kHalf);
    if (!half.isfinite().all().item<bool>()) {
      fail(ErrorCode::kBadData,
           "{}: weight {} has values beyond 65,504, the greatest of fp16; export it in fp32",
           graph.name, initializer.name);
    }
    casts.push_back({.name = initializer.name + "/Cast",
                     .op = "Cast",
                     .inputs = {initializer.name + "_fp16"},
                     .outputs = {initializer.name},
                     .attributes = {{"to", onnx_type(torch::kFloat)}}});
    initializer = {initializer.name + "_fp16", half};
  }
  graph.nodes.insert(graph.nodes.begin(), std::make_move_iterator(casts.begin()),
                     std::make_move_iterator(casts.end()));
  return graph;
}

}  // namespace clipstill::exporter
