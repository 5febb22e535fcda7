// What `export` takes from a model's data: ranges and layer costs for int8, and the accuracy that
// the bundle is to keep.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "bundle/metrics_file.h"
#include "data/run_data.h"
#include "exporter/int8.h"
#include "train/model_folder.h"

namespace clipstill::cli {

/// The run whose `best` the model folder is, by the config.toml beside it.
std::optional<std::filesystem::path> run_of_model(const std::string& model_folder);

/// What a text encoder's graph reads: ids [N, L] int64, mask [N, L] bool.
exporter::Tensors text_inputs(const torch::Tensor& ids, const torch::Tensor& mask);

/// The data options among `flags` (a command's options, which fill `options`), over those of the
/// run that the model folder belongs to. kUsage if neither names data.
data::DataOptions data_of_model(const std::string& model_folder, const OptionSet& flags,
                                const data::DataOptions& options);

/// Calibrates on the training split and measures on the validation split; `training` as for
/// exporter::make_int8().
exporter::Int8Encoders make_int8_encoders(train::Model& model, const data::RunData& data,
                                          const exporter::Int8Options& options,
                                          const exporter::Int8Training& training);

/// Accuracy on the test split (the validation split where there is none) of the model and, if not
/// null, of its int8 encoders in libtorch.
bundle::MetricsFile measure(train::Model& model, const data::RunData& data,
                            const data::DataOptions& data_options,
                            const exporter::Int8Encoders* int8,
                            const exporter::Int8Options& int8_options);

}  // namespace clipstill::cli
