#include "train/run_result.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "core/error.h"
#include "core/files.h"
#include "train/config.h"

namespace clipstill::train {

using nlohmann::json;

void write_evaluation(const std::filesystem::path& path, const StoredEvaluation& stored) {
  const json root{{"identity", stored.identity},
                  {"metrics", stored.evaluation.metrics},
                  {"hits", stored.evaluation.hits}};
  write_file(path, root.dump() + "\n");
}

std::optional<Evaluation> read_evaluation(const std::filesystem::path& path,
                                          const std::string& identity) {
  if (!fs::exists(path)) return std::nullopt;
  try {
    const auto root = json::parse(read_file(path));
    if (root.at("identity") != identity) return std::nullopt;
    return Evaluation{root.at("metrics").get<std::map<std::string, double>>(),
                      root.at("hits").get<std::vector<float>>()};
  } catch (const json::exception&) {
    return std::nullopt;  // measured anew
  }
}

std::map<std::string, std::vector<report::CurvePoint>> read_curves(
    const std::filesystem::path& run) {
  std::map<std::string, std::vector<report::CurvePoint>> curves;
  std::istringstream lines(read_file(run / "log.jsonl"));
  for (std::string line; std::getline(lines, line);) {
    const auto entry = json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (entry.is_discarded()) continue;  // the last line of a killed run
    for (const auto& [key, name] :
         {std::pair{"loss", "loss"}, {"val/mean/recall@1", "val/recall@1"}}) {
      if (!entry.contains(key)) continue;
      curves[name].push_back({entry.at("step").get<int64_t>(), entry.at("seconds").get<double>(),
                              entry.at(key).get<double>()});
    }
  }
  return curves;
}

std::vector<report::LossWeight> read_loss_weights(const std::filesystem::path& run) {
  RunConfig config;
  OptionSet set;
  declare_options(set, config);
  set.load_toml(run / "config.toml");
  std::vector<report::LossWeight> weights;
  for (const auto& loss : config.losses) {
    const auto& schedule = loss->schedule;
    auto& weight = weights.emplace_back(report::LossWeight{
        .name = loss->name(), .first = schedule.weight, .last = schedule.weight});
    if (schedule.final_weight < 0 || schedule.final_weight == schedule.weight) continue;
    weight.last = schedule.final_weight;
    weight.start = schedule.start;
    weight.end = schedule.end;
  }
  return weights;
}

}  // namespace clipstill::train
