// The training loop: native and distilled, resumable to the bit.
#pragma once

#include <filesystem>

#include "train/config.h"
#include "train/run_data.h"

namespace clipstill::train {

struct TrainResult {
  int64_t steps = 0;
  double seconds = 0;  // of training, without validation and checkpoints
  double samples_per_second = 0;
  double loader_share = 0;  // share of the seconds spent waiting for data
  double best_score = 0;    // validation mean recall@1 of the model that was kept
  int64_t best_step = 0;
};

/// The resolved config as TOML, as it is written beside every run.
std::string resolved_toml(RunConfig& config);
/// The config of the run in `folder`, read back. Errors of OptionSet::load_toml().
RunConfig saved_config(const std::filesystem::path& folder);

/// Trains in `folder`, continuing from its newest checkpoint, and leaves the model that validated
/// best in `folder`/best (a model folder). A finished run is not trained again, also where its
/// checkpoints were removed. Deterministic: the result is a function of config and
/// data, also across interruptions, for a fixed number of threads. On interrupt_requested() it
/// saves and throws kInterrupted; a loss that is not finite is kBadData naming the batch.
TrainResult train(RunConfig& config, const RunData& data,
                  std::shared_ptr<const text::Tokenizer> tokenizer,
                  const std::filesystem::path& folder);

}  // namespace clipstill::train
