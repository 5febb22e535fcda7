// Scores by category: categories down, models across, so that a weak one is seen in its column.
#include "report/format.h"
#include "report/table.h"

namespace clipstill::report {
namespace {

template <class Value>
std::optional<Value> value_at(const std::map<std::string, Value>& values, const std::string& key) {
  const auto found = values.find(key);
  return found == values.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

std::vector<Table> category_tables(const Summary& summary) {
  if (summary.categories.empty()) return {};
  Table recall{.caption = "Mean recall@1 (%)", .header = {"category", "pairs"}, .rows = {}};
  Table retention{.caption = "Retention (%)", .header = {"category"}, .rows = {}};
  for (const ModelSummary& model : summary.models) {
    recall.header.push_back(model.name);
    if (model.role != Role::kTeacher) retention.header.push_back(model.name);
  }
  for (const auto& [category, pairs] : summary.categories) {
    const std::string name = category.empty() ? "no category" : category;
    TableRow scores{.cells = {name, count(static_cast<double>(pairs))}}, kept{.cells = {name}};
    for (const ModelSummary& model : summary.models) {
      const auto score = value_at(model.category_recall, category);
      scores.cells.push_back(percent_over_runs(score.value_or(Statistic{})));
      if (model.role == Role::kTeacher) continue;
      kept.cells.push_back(percent_interval(value_at(model.category_retention, category)));
    }
    recall.rows.push_back(std::move(scores));
    retention.rows.push_back(std::move(kept));
  }
  return {std::move(recall), std::move(retention)};
}

}  // namespace clipstill::report
