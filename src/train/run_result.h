// What a finished run measured, kept beside it.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "report/report.h"
#include "train/evaluate.h"

namespace clipstill::train {

/// A model's test figures and what they were measured on.
struct StoredEvaluation {
  std::string identity;  // hash of weights and test data
  Evaluation evaluation;
};

void write_evaluation(const std::filesystem::path& path, const StoredEvaluation& stored);
/// Nothing if the file is not there or was made for another identity.
std::optional<Evaluation> read_evaluation(const std::filesystem::path& path,
                                          const std::string& identity);

/// evaluate() of the model in a folder, or what `result_path` holds of it: the weights and the set
/// are looked at once.
Evaluation evaluate_once(const std::filesystem::path& model_folder,
                         const std::filesystem::path& result_path, const data::PairSet& set);

/// A model's figures for RunResult::calibration, and hash of weights and validation data.
void write_calibration(const std::filesystem::path& path, const std::string& identity,
                       const std::map<std::string, double>& calibration);
/// Nothing if the file is not there or was made for another identity.
std::optional<std::map<std::string, double>> read_calibration(const std::filesystem::path& path,
                                                              const std::string& identity);

/// Loss and validation recall@1 over training, from a run's log.jsonl.
std::map<std::string, std::vector<report::CurvePoint>> read_curves(
    const std::filesystem::path& run);

/// The weight of every loss in a run, from the config that is saved with it. A constant weight has
/// the whole of training for its schedule.
std::vector<report::LossWeight> read_loss_weights(const std::filesystem::path& run);

}  // namespace clipstill::train
