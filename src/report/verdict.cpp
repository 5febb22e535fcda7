#include "report/verdict.h"

#include <fmt/format.h>

#include <cmath>

#include "report/format.h"

namespace clipstill::report {
namespace {

/// A percentage with as many decimals as it takes to differ from the limit it is compared with:
/// 94.98 % must not be called "95.0 %, required at least 95.0 %: not met".
std::string percent_against(double share, double limit) {
  for (int decimals = 1; decimals < 6; ++decimals) {
    const std::string digits = fixed(100 * share, decimals);
    if (share == limit || digits != fixed(100 * limit, decimals)) return digits + " %";
  }
  return fixed(100 * share, 6) + " %";
}

std::string budget_of(const Summary& summary) {
  return fmt::format("The budget is at least {} retention with at most {} of the parameters.",
                     percent(summary.min_retention), percent(summary.max_parameter_share));
}

Verdict no_data(const Summary& summary, const std::string& why) {
  return {.outcome = Outcome::kNoData,
          .heading = "No verdict",
          .explanation = why + ". " + budget_of(summary)};
}

}  // namespace

Verdict judge(const Summary& summary, const std::string& asked) {
  const ModelSummary* model = summary.headline();
  if (summary.models.size() < 2) return no_data(summary, "no student was trained");
  if (model == nullptr) {
    return no_data(summary, asked.empty() ? "no variant is named as the headline"
                                          : fmt::format("there is no variant named {}", asked));
  }
  if (model->runs == 0) return no_data(summary, model->name + " has no finished run");
  if (!model->retention) return no_data(summary, model->name + "'s retention was not measured");
  if (!std::isfinite(model->parameter_share)) {
    return no_data(summary,
                   fmt::format("the size of {} or of the teacher is unknown", model->name));
  }

  Verdict verdict;
  verdict.retention_met = model->retention->value >= summary.min_retention;
  verdict.size_met = model->parameter_share <= summary.max_parameter_share;
  const bool met = verdict.retention_met && verdict.size_met;
  verdict.outcome = met ? Outcome::kMet : Outcome::kNotMet;
  const auto state = [](bool fulfilled) { return fulfilled ? "met" : "not met"; };
  verdict.heading = met ? "Budget met" : "Budget not met";
  verdict.explanation = fmt::format(
      "{} keeps {} {} of the teacher's mean recall@1 (at least {} required: {}) with "
      "{} of its parameters (at most {} allowed: {}).",
      model->name, percent_against(model->retention->value, summary.min_retention),
      percent_bounds(*model->retention), percent(summary.min_retention),
      state(verdict.retention_met),
      percent_against(model->parameter_share, summary.max_parameter_share),
      percent(summary.max_parameter_share), state(verdict.size_met));
  if (model->failed > 0) {
    verdict.explanation += fmt::format(" Of its runs only {} came to their end.",
                                       finished_runs(model->runs, model->failed));
  }
  if (verdict.retention_met && model->retention->low < summary.min_retention) {
    verdict.explanation += " The lower end of the retention interval is below the requirement.";
  }
  return verdict;
}

std::string verdict(const Comparison& comparison) {
  return summarise(comparison).verdict.text();
}

}  // namespace clipstill::report
