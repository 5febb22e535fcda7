#include "train/embedding_plan.h"

#include <ATen/Parallel.h>
#include <ATen/ThreadLocalState.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cmath>

#include "core/error.h"
#include "train/autocast.h"
#include "train/batch_tensors.h"
#include "train/text_groups.h"
#include "train/threads.h"

namespace clipstill::train {
namespace {

constexpr int64_t kPartBytes = 64 << 20;      // of activations
constexpr int64_t kProcessBytes = 350 << 20;  // libraries, pictures, tokens

double gigabytes(int64_t bytes) {
  return static_cast<double>(bytes) / 1e9;
}

}  // namespace

int64_t memory_limit(const std::string& text) {
  if (text.empty()) return 0;
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  const std::string unit(rest, end);
  const double factor = unit == "G" ? 1e9 : unit == "M" ? 1e6 : unit.empty() ? 1 : 0;
  if (error != std::errc() || factor == 0 || !(number >= 0 && number * factor < 1e18)) {
    fail(ErrorCode::kUsage,
         "teacher.memory: expected a number of bytes such as 4G or 512M, found \"{}\"", text);
  }
  return static_cast<int64_t>(number * factor);
}

EmbeddingPlan plan_embedding(const nn::ClipModelImpl& network, const TeacherOptions& options,
                             int64_t threads) {
  const bool half = runs_in_bfloat16(options.bf16);
  int64_t weights = 0;
  for (const auto& [name, count] : network.parameters_by_component()) {
    weights += count * static_cast<int64_t>(sizeof(float));
  }
  const int64_t fixed = kProcessBytes + (half ? weights * 3 / 2 : weights);
  const int64_t image = network.image_bytes();
  const int64_t text = network.text_bytes(network.options().text.context);
  EmbeddingPlan plan;
  const bool whole = half || options.device != "cpu";
  plan.images = std::max<int64_t>(1, kPartBytes / image);
  plan.texts = std::max<int64_t>(1, kPartBytes / text);
  plan.at_once = whole ? 1 : std::max<int64_t>(1, threads);
  plan.parts_multiple = whole ? 1 : 4;
  const auto part = [&] { return std::max(plan.images * image, plan.texts * text); };
  if (const int64_t limit = memory_limit(options.memory); limit > 0) {
    const int64_t room = limit - fixed;
    if (room < std::max(image, text)) {
      fail(ErrorCode::kUsage,
           "teacher.memory is {} ({:.2f} GB), but this teacher needs {:.2f} GB for one input at a "
           "time: {:.2f} GB of weights{}, {:.2f} GB of activations and {:.2f} GB for the rest of "
           "the process; allow more, or 0 for no limit",
           options.memory, gigabytes(limit), gigabytes(fixed + std::max(image, text)),
           gigabytes(fixed - kProcessBytes), half ? " in fp32 and bfloat16" : "",
           gigabytes(std::max(image, text)), gigabytes(kProcessBytes));
    }
    plan.at_once = std::clamp<int64_t>(room / part(), 1, plan.at_once);
    plan.has_smaller_parts = room < part();
    if (plan.has_smaller_parts) {
      plan.images = std::min(plan.images, room / image);
      plan.texts = std::min(plan.texts, room / text);
    }
  }
  plan.bytes = fixed + plan.at_once * part();
  return plan;
}

std::vector<float> embed_in_parts(
    int64_t rows, int64_t part, const EmbeddingPlan& plan,
    const std::function<std::vector<float>(int64_t first, int64_t count)>& embed) {
  const int64_t least = (rows + part - 1) / part;
  const int64_t parts =
      std::min(rows, (least + plan.parts_multiple - 1) / plan.parts_multiple * plan.parts_multiple);
  std::vector<std::vector<float>> done(static_cast<size_t>(parts));
  const auto embed_part = [&](int64_t i) {
    const int64_t first = rows * i / parts;
    done[static_cast<size_t>(i)] = embed(first, rows * (i + 1) / parts - first);
  };
  if (plan.at_once == 1) {
    for (int64_t i = 0; i < parts; ++i) embed_part(i);
  } else {
    const SingleThreadedBlas blas;
    const at::ThreadLocalState state;
    std::atomic<int64_t> next{0};
    // Within it libtorch's operators use one thread each.
    at::parallel_for(0, std::min(parts, plan.at_once), /*grain_size=*/1, [&](int64_t, int64_t) {
      const at::ThreadLocalStateGuard guard(state);
      for (int64_t i = next++; i < parts; i = next++) embed_part(i);
    });
  }
  std::vector<float> out;
  for (const auto& values : done) out.insert(out.end(), values.begin(), values.end());
  return out;
}

std::vector<float> embed_tokens(nn::ClipModel& network, const torch::Tensor& ids,
                                const torch::Tensor& mask, const EmbeddingPlan& plan) {
  const auto [lengths, order] = mask.sum(1).sort(/*stable=*/true, /*dim=*/0, /*descending=*/true);
  const auto sorted_ids = ids.index_select(0, order), sorted_mask = mask.index_select(0, order);
  const auto embed = [&, lengths = lengths](int64_t first, int64_t count) {
    const int64_t longest = lengths[first].item<int64_t>();
    const auto of_part = [&](const torch::Tensor& rows) {
      return rows.narrow(0, first, count).narrow(1, 0, longest);
    };
    return values_of(encode_text_by_length(network, of_part(sorted_ids), of_part(sorted_mask)));
  };
  auto sorted = embed_in_parts(ids.size(0), plan.texts, plan, embed);
  const auto rows = torch::from_blob(sorted.data(), {ids.size(0), network->options().embed_dim});
  return values_of(rows.index_select(0, order.argsort()));
}

}  // namespace clipstill::train
