#include "train/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <vector>

#include "bundle/manifest.h"
#include "core/error.h"
#include "core/files.h"
#include "core/log.h"

namespace clipstill::train {
namespace {

constexpr size_t kKept = 2;
constexpr std::string_view kPrefix = "step-";

// Finished checkpoints, newest first.
std::vector<std::pair<int64_t, fs::path>> list(const fs::path& root) {
  std::vector<std::pair<int64_t, fs::path>> found;
  if (!fs::exists(root)) return found;
  for (const auto& entry : fs::directory_iterator(root)) {
    const auto name = entry.path().filename().string();
    int64_t step = 0;
    if (!name.starts_with(kPrefix)) continue;
    const auto [end, error] =
        std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), step);
    if (error == std::errc() && end == name.data() + name.size())
      found.emplace_back(step, entry.path());
  }
  std::sort(found.rbegin(), found.rend());
  return found;
}

nlohmann::json to_json(const TrainState& s) {
  return {{"step", s.step},
          {"seconds", s.seconds},
          {"seconds_waited", s.seconds_waited},
          {"best_score", s.best_score},
          {"best_step", s.best_step},
          {"log_bytes", s.events.jsonl},
          {"tfevents_bytes", s.events.tfevents},
          {"config_hash", s.config_hash}};
}

TrainState state_from_json(const nlohmann::json& json) {
  TrainState s;
  s.step = json.at("step").get<int64_t>();
  s.seconds = json.at("seconds").get<double>();
  s.seconds_waited = json.at("seconds_waited").get<double>();
  s.best_score = json.at("best_score").get<double>();
  s.best_step = json.at("best_step").get<int64_t>();
  s.events = {json.at("log_bytes").get<uint64_t>(), json.at("tfevents_bytes").get<uint64_t>()};
  s.config_hash = json.at("config_hash").get<std::string>();
  return s;
}

}  // namespace

void save_checkpoint(const std::filesystem::path& root, const TrainState& state,
                     const CheckpointTensors& tensors) {
  const auto final_path = root / fmt::format("{}{:08}", kPrefix, state.step);
  const auto temporary = root / "unfinished";
  fs::remove_all(temporary);
  make_folders(temporary);
  save_tensors(temporary / "model.safetensors", tensors.model);
  save_tensors(temporary / "optimizer.safetensors", tensors.optimizer);
  save_tensors(temporary / "ema.safetensors", tensors.ema);
  write_file(temporary / "state.json", to_json(state).dump(1) + "\n");
  bundle::write_manifest(temporary);
  fs::remove_all(final_path);  // only ever a damaged one that was passed over
  fs::rename(temporary, final_path);
  sync_folder(root);
  const auto all = list(root);
  for (size_t i = kKept; i < all.size(); ++i) fs::remove_all(all[i].second);
}

std::optional<TrainState> load_checkpoint(const std::filesystem::path& root,
                                          const std::string& config_hash,
                                          const CheckpointTensors& tensors) {
  for (const auto& [step, folder] : list(root)) {
    TrainState state;
    try {
      bundle::verify_manifest(folder);
      state = state_from_json(nlohmann::json::parse(read_file(folder / "state.json")));
    } catch (const std::exception& error) {
      log_warning("checkpoint passed over: {}", error.what());
      continue;
    }
    if (state.config_hash != config_hash) {
      fail(ErrorCode::kUsage,
           "{}: made under another config, data or teacher; give the run another folder, or remove "
           "this one to start anew",
           folder.string());
    }
    load_tensors(folder / "model.safetensors", tensors.model);
    load_tensors(folder / "optimizer.safetensors", tensors.optimizer);
    load_tensors(folder / "ema.safetensors", tensors.ema);
    return state;
  }
  return std::nullopt;
}

}  // namespace clipstill::train
