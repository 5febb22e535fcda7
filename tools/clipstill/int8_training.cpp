#include "clipstill/int8_training.h"

#include <memory>

#include "clipstill/int8_export.h"
#include "core/error.h"
#include "core/files.h"
#include "train/run_identity.h"
#include "train/trainer.h"
#include "train/tune.h"

namespace clipstill::cli {

exporter::Int8Training int8_training(const std::string& model_folder, const train::Model& model,
                                     const data::RunData& data,
                                     const data::DataOptions& data_options,
                                     const exporter::Int8Options& options) {
  if (options.qat_steps == 0) return {};
  const auto run = run_of_model(model_folder);
  if (!run) {
    fail(ErrorCode::kUsage,
         "{}: no config.toml of a run beside the model; int8.qat_steps trains with the losses and "
         "soft labels of the run that made it. Export RUN/best, or leave int8.qat_steps at 0",
         model_folder);
  }
  if (data.validation.size() == 0) {
    fail(ErrorCode::kUsage,
         "{}: no validation pairs (data.validation_share), which tell what int8.qat_steps keeps; "
         "leave it at 0, or train a run that has some",
         run->string());
  }
  train::require_data_of_run(*run, data_options, data);
  // Opened now, before the time that int8 without training takes. Shared, because what
  // std::function holds is copied; the tuner reads the config.
  const auto config = std::make_shared<const train::RunConfig>(train::saved_config(*run));
  const auto tuner = std::make_shared<train::Tuner>(*config, data, model, *run);
  return [config, tuner, steps = options.qat_steps,
          lr = options.qat_lr](const exporter::Int8Student& student) {
    const train::BatchEncoders encoders{
        .images =
            [&](const auto& pixels) {
              return student.image({{"pixel_values", pixels}});
            },
        .texts = [&](const auto& ids,
                     const auto& mask) { return student.text(text_inputs(ids, mask)); }};
    tuner->run({encoders, student.weights}, {steps, lr});
  };
}

}  // namespace clipstill::cli
