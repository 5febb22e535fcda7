// Training encoders for int8 as the run that their model belongs to trained it.
#pragma once

#include <string>

#include "data/run_data.h"
#include "exporter/int8.h"
#include "train/model_folder.h"

namespace clipstill::cli {

/// Empty where no steps are asked for. `model` and `data`, opened as `data_options` say, must
/// outlive it. kUsage where no run is beside the model folder, or its data are others; errors of
/// train::Tuner().
exporter::Int8Training int8_training(const std::string& model_folder, const train::Model& model,
                                     const data::RunData& data,
                                     const data::DataOptions& data_options,
                                     const exporter::Int8Options& options);

}  // namespace clipstill::cli
