#include "train/embedding_plan.h"

#include <ATen/Parallel.h>
#include <ATen/ThreadLocalState.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cmath>

#include "core/error.h"
#include "train/autocast.h"
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
  plan.images = std::max<int64_t>(1, kPartBytes / image);
  plan.texts = std::max<int64_t>(1, kPartBytes / text);
  plan.at_once = half || options.device != "cpu" ? 1 : std::max<int64_t>(1, threads);
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
    int64_t rows, int64_t part, int64_t at_once,
    const std::function<std::vector<float>(int64_t first, int64_t count)>& embed) {
  const int64_t parts = (rows + part - 1) / part;
  std::vector<std::vector<float>> done(static_cast<size_t>(parts));
  const auto embed_part = [&](int64_t i) {
    done[static_cast<size_t>(i)] = embed(i * part, std::min(part, rows - i * part));
  };
  if (at_once == 1) {
    for (int64_t i = 0; i < parts; ++i) embed_part(i);
  } else {
    const SingleThreadedBlas blas;
    const at::ThreadLocalState state;
    std::atomic<int64_t> next{0};
    // Within it libtorch's operators use one thread each.
    at::parallel_for(0, std::min(parts, at_once), /*grain_size=*/1, [&](int64_t, int64_t) {
      const at::ThreadLocalStateGuard guard(state);
      for (int64_t i = next++; i < parts; i = next++) embed_part(i);
    });
  }
  std::vector<float> out;
  for (const auto& values : done) out.insert(out.end(), values.begin(), values.end());
  return out;
}

}  // namespace clipstill::train
