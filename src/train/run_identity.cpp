#include "train/run_identity.h"

#include <fmt/ranges.h>

#include "core/contains.h"
#include "core/error.h"
#include "core/hash.h"
#include "core/log.h"
#include "pretrained/inputs.h"
#include "train/initial_network.h"
#include "train/model_folder.h"
#include "train/teacher.h"
#include "train/trainer.h"
#include "train/variants.h"

namespace clipstill::train {
namespace {

const StringList kWithoutEffect{"teacher.cache", "teacher.memory", "teacher.device",
                                "train.workers", "train.checkpoint_every"};
// Hashed by what they lead to, so that files can be moved.
const StringList kByContent{"data.path", "tokenizer.path", "teacher.folder", "teacher.others",
                            "teacher.weights"};

// "train.lr (the run has 0.002, 0.001 is asked for)", for each key whose values are not the same.
StringList differences(RunConfig& saved, RunConfig& asked) {
  StringList found;
  const auto before = resolved_values(saved);
  for (const auto& [key, value] : resolved_values(asked)) {
    if (before.at(key) == value || contains(kWithoutEffect, key)) continue;
    found.push_back(
        fmt::format("{} (the run has {}, {} is asked for)", key, before.at(key), value));
  }
  return found;
}

// The keys that may be why.
std::string what_differs(const std::filesystem::path& folder, RunConfig& config) {
  StringList found;
  try {
    auto saved = saved_config(folder);
    found = differences(saved, config);
  } catch (const Error& error) {
    return fmt::format("not known ({})", error.what());
  }
  if (found.empty()) {
    return "no key, but what is in the pairs, the teacher or the tokenizer, or the version of "
           "clipstill";
  }
  return fmt::format("{}", fmt::join(found, ", "));
}

std::optional<TrainState> saved_state(const std::filesystem::path& folder) {
  if (auto finished = finished_state(folder)) return finished;
  if (auto checkpoint = newest_checkpoint(folder / "checkpoints")) return checkpoint->state;
  return std::nullopt;
}

}  // namespace

std::string run_hash(RunConfig& config, const RunData& data, const text::Tokenizer& tokenizer) {
  OptionSet set;
  declare_options(set, config);
  Hasher hasher;
  for (const auto& spec : set.specs()) {
    if (contains(kWithoutEffect, spec->key) || contains(kByContent, spec->key)) continue;
    hasher.update(spec->key).update(format_option(spec->default_value));
  }
  hasher.update(data.train.fingerprint()).update(data.validation.fingerprint());
  hasher.update(tokenizer.fingerprint());
  if (config.needs_teacher()) {
    const auto teachers = teachers_of(config, data);
    for (const auto& teacher : teachers) {
      for (const auto& [name, value] : teacher.identity.fingerprints) hasher.update(value);
      if (teachers.size() > 1) hasher.update(fmt::format("{}", teacher.share));
    }
  }
  if (config.inherit != "none") {
    const auto& folder = folder_to_inherit(config);
    hasher.update(weights_fingerprint(folder));
    hasher.update(pretrained::load_inputs(folder).tokenizer->fingerprint());
  }
  return hasher.hex();
}

void require_same_run(const std::filesystem::path& folder, const TrainState& saved,
                      RunConfig& config, const std::string& hash) {
  if (saved.config_hash == hash) return;
  fail(ErrorCode::kUsage,
       "{}: made under another config, data or teacher; what differs: {}. Give the run another "
       "folder, or remove this one to start anew",
       folder.string(), what_differs(folder, config));
}

void require_same_run(const std::filesystem::path& folder, RunConfig& config, const RunData& data,
                      const text::Tokenizer& tokenizer) {
  const auto saved = saved_state(folder);
  if (saved) require_same_run(folder, *saved, config, run_hash(config, data, tokenizer));
}

void require_data_of_run(const std::filesystem::path& folder, const DataOptions& options,
                         const RunData& data) {
  auto saved = saved_config(folder), asked = saved_config(folder);
  const auto own_path = saved.data.path;
  asked.data = options;
  asked.data.path = own_path;  // the same pairs may lie elsewhere now
  auto found = differences(saved, asked);
  if (found.empty()) {
    const auto state = saved_state(folder);
    if (state && state->train_pairs == data.train.fingerprint()) return;
    if (!state || state->train_pairs.empty()) {
      log_warning(
          "{}: made before runs kept what tells their pairs from others; those of {} are taken "
          "for them",
          folder.string(), options.path);
      return;
    }
    found.push_back(
        fmt::format("the pairs themselves (of {} then, of {} now)", own_path, options.path));
  }
  fail(ErrorCode::kUsage,
       "{}: expected the pairs that the run trained on, for others may be what it held out; what "
       "differs: {}. Leave the data.* options out, which takes those of the run, or give each of "
       "them as its config.toml does",
       folder.string(), fmt::join(found, ", "));
}

}  // namespace clipstill::train
