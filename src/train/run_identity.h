// Which run a folder holds: the same command continues it, another one is refused.
#pragma once

#include <filesystem>
#include <string>

#include "train/checkpoint.h"
#include "train/config.h"
#include "train/run_data.h"

namespace clipstill::train {

/// Hash of what the result of a run depends on: the options but for paths (contents are hashed) and
/// those that change no number, or at most the last bits of the soft labels.
std::string run_hash(RunConfig& config, const RunData& data, const text::Tokenizer& tokenizer);

/// kUsage where `saved`, which is what `folder` holds, has another hash than the run of `config`;
/// names the keys whose values differ, with both.
void require_same_run(const std::filesystem::path& folder, const TrainState& saved,
                      RunConfig& config, const std::string& hash);

/// The same before anything is trained. Nothing where `folder` holds no run yet.
void require_same_run(const std::filesystem::path& folder, RunConfig& config, const RunData& data,
                      const text::Tokenizer& tokenizer);

/// kUsage where `data`, opened as `options` say, is not what the run in `folder` trained on, held
/// out and excluded; names the keys whose values differ, with both. The path may be another.
/// A run made before its pairs' fingerprint was kept is warned about, and only its keys compared.
void require_data_of_run(const std::filesystem::path& folder, const DataOptions& options,
                         const RunData& data);

}  // namespace clipstill::train
