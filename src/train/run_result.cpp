#include "train/run_result.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "train/model_folder.h"
#include "train/trainer.h"

namespace clipstill::train {

using nlohmann::json;

namespace {

// Null if it is not there, was made for another identity or cannot be read: measured anew.
json stored_for(const std::filesystem::path& path, const std::string& identity) {
  if (!fs::exists(path)) return nullptr;
  const auto root = json::parse(read_file(path), nullptr, /*allow_exceptions=*/false);
  const bool fits = root.is_object() && root.value("identity", json()) == identity;
  return fits ? root : json();
}

}  // namespace

void write_evaluation(const std::filesystem::path& path, const StoredEvaluation& stored) {
  const json root{{"identity", stored.identity},
                  {"metrics", stored.evaluation.metrics},
                  {"hits", stored.evaluation.hits}};
  write_file(path, root.dump() + "\n");
}

std::optional<Evaluation> read_evaluation(const std::filesystem::path& path,
                                          const std::string& identity) {
  try {
    const auto root = stored_for(path, identity);
    if (root.is_null()) return std::nullopt;
    return Evaluation{root.at("metrics").get<std::map<std::string, double>>(),
                      root.at("hits").get<std::vector<float>>()};
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

Evaluation evaluate_once(const std::filesystem::path& model_folder,
                         const std::filesystem::path& result_path, const data::PairSet& set) {
  const auto identity =
      Hasher().update(weights_fingerprint(model_folder)).update(set.fingerprint()).hex();
  if (auto stored = read_evaluation(result_path, identity)) return *stored;
  auto model = load_model(model_folder);
  const auto evaluation = evaluate(model, set);
  write_evaluation(result_path, {identity, evaluation});
  return evaluation;
}

void write_calibration(const std::filesystem::path& path, const std::string& identity,
                       const std::map<std::string, double>& calibration) {
  const json root{{"identity", identity}, {"calibration", calibration}};
  write_file(path, root.dump() + "\n");
}

std::optional<std::map<std::string, double>> read_calibration(const std::filesystem::path& path,
                                                              const std::string& identity) {
  try {
    const auto root = stored_for(path, identity);
    if (root.is_null()) return std::nullopt;
    return root.at("calibration").get<std::map<std::string, double>>();
  } catch (const json::exception&) {
    return std::nullopt;
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
  const auto config = saved_config(run);
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
