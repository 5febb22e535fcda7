#include "report/loss_weights.h"

#include <algorithm>

namespace clipstill::report {
namespace {

bool uses(const std::vector<Variant>& variants, const std::string& name) {
  return std::any_of(variants.begin(), variants.end(), [&](const Variant& variant) {
    return std::any_of(variant.runs.begin(), variant.runs.end(),
                       [&](const RunResult& run) { return weight_in(run, name).active(); });
  });
}

}  // namespace

LossWeight weight_in(const RunResult& run, const std::string& name) {
  const auto found = std::find_if(run.losses.begin(), run.losses.end(),
                                  [&](const LossWeight& loss) { return loss.name == name; });
  return found == run.losses.end() ? LossWeight{.name = name} : *found;
}

std::vector<std::string> losses_in_use(const std::vector<Variant>& variants) {
  std::vector<std::string> names;
  for (const Variant& variant : variants) {
    for (const RunResult& run : variant.runs) {
      for (const LossWeight& loss : run.losses) {
        if (std::find(names.begin(), names.end(), loss.name) == names.end()) {
          names.push_back(loss.name);
        }
      }
    }
  }
  std::erase_if(names, [&](const std::string& name) { return !uses(variants, name); });
  return names;
}

std::vector<SharedWeight> shared_weights(const Variant& variant,
                                         const std::vector<std::string>& names) {
  const auto& runs = variant.runs;
  const bool known = !runs.empty() && std::none_of(runs.begin(), runs.end(), [](const auto& run) {
    return run.losses.empty();
  });
  if (!known) return {};
  std::vector<SharedWeight> shared;
  for (const std::string& name : names) {
    const LossWeight first = weight_in(runs.front(), name);
    const bool same = std::all_of(runs.begin(), runs.end(), [&](const RunResult& run) {
      return weight_in(run, name) == first;
    });
    shared.push_back({name, same ? std::optional(first) : std::nullopt});
  }
  return shared;
}

}  // namespace clipstill::report
