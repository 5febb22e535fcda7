// Checkpoints: everything that the next step depends on, written so that a kill at any moment
// leaves the previous one whole. `step-N/` holds model, optimizer and ema safetensors, state.json,
// and a manifest with hashes, written last; the folder gets its name only then.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "train/diagnosis.h"
#include "train/event_log.h"
#include "train/tensors.h"

namespace clipstill::train {

/// The scalars of a run. Order, augmentation and texts are functions of the step and need no
/// generator state.
struct TrainState {
  int64_t step = 0;           // steps done
  double seconds = 0;         // of training, over all sessions
  double seconds_waited = 0;  // of them, for data
  double best_score = -1;     // validation mean recall@1
  int64_t best_step = -1;
  EventSizes events;
  DiagnosisState diagnosis;
  std::string config_hash;  // run_hash(); resuming under another is refused
  std::string train_pairs;  // their fingerprint; empty in runs made before it was kept
};

struct CheckpointTensors {
  NamedTensors model, optimizer, ema;  // live tensors: saved from, loaded into
};

/// Writes `root`/step-N and removes all but the newest two afterwards.
void save_checkpoint(const std::filesystem::path& root, const TrainState& state,
                     const CheckpointTensors& tensors);

struct SavedCheckpoint {
  std::filesystem::path folder;
  TrainState state;
};

/// The newest whole checkpoint; damaged ones are passed over with a warning. Nothing if there is
/// none, kBadData where there are some and none is whole.
std::optional<SavedCheckpoint> newest_checkpoint(const std::filesystem::path& root);

void load_checkpoint(const SavedCheckpoint& checkpoint, const CheckpointTensors& tensors);

/// Keeps the last state of a run in `run`/finished.json, which tells that it is finished also where
/// its checkpoints were removed to save room. One that is there already is left alone.
void save_finished(const std::filesystem::path& run, const TrainState& state);
/// Nothing where the run is not finished, or its `best` is gone. kBadData where the file is
/// damaged.
std::optional<TrainState> finished_state(const std::filesystem::path& run);
/// Before a run is trained on: its `best` changes.
void remove_finished(const std::filesystem::path& run);

}  // namespace clipstill::train
