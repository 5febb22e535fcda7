#include "train/active_losses.h"

#include <fmt/format.h>

#include "core/error.h"
#include "nn/seeded_generator.h"

namespace clipstill::train {
namespace {

std::string prefix_of(const ActiveLoss& loss) {
  const auto name = "loss." + loss.spec->name() + ".";
  return loss.teacher == 0 ? name : fmt::format("{}teacher{}.", name, loss.teacher + 1);
}

}  // namespace

std::vector<ActiveLoss> make_losses(const RunConfig& config,
                                    const std::vector<TeacherShape>& teachers) {
  const nn::SeededGenerator generator(static_cast<uint64_t>(config.train.seed) + 1);
  std::vector<ActiveLoss> losses;
  for (const auto& spec : config.losses) {
    if (!spec->active()) continue;
    if (!spec->needs_teacher()) {
      losses.push_back({spec.get(), spec->make({config.model.embed_dim})});
      continue;
    }
    for (size_t k = 0; k < teachers.size(); ++k) {
      losses.push_back({spec.get(), spec->make({config.model.embed_dim, teachers[k].dim}), k,
                        teachers[k].share});
    }
  }
  if (losses.empty()) {
    fail(ErrorCode::kUsage,
         "every loss has weight 0; give at least one a weight, as in loss.ce.weight=1");
  }
  return losses;
}

NamedTensors loss_tensors(const std::vector<ActiveLoss>& losses) {
  NamedTensors all;
  for (const auto& loss : losses) all.merge(named_tensors(*loss.module, prefix_of(loss)));
  return all;
}

std::vector<std::pair<std::string, torch::Tensor>> loss_parameters(
    const std::vector<ActiveLoss>& losses) {
  std::vector<std::pair<std::string, torch::Tensor>> parameters;
  for (const auto& loss : losses) {
    for (const auto& item : loss.module->named_parameters()) {
      parameters.emplace_back(prefix_of(loss) + item.key(), item.value());
    }
  }
  return parameters;
}

}  // namespace clipstill::train
