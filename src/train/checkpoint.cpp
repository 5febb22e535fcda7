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

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(DiagnosisState, cross_entropy, cross_entropies, collapsed_images,
                                   collapsed_texts, pinned, batches, one_label, one_text,
                                   teacher_hits, chance_hits, teacher_queries, warned)

namespace {

constexpr size_t kKept = 2;
constexpr std::string_view kPrefix = "step-";
constexpr const char* kFinished = "finished.json";

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

// A folder that goes with its content unless it was given its final name.
class UnfinishedFolder {
 public:
  explicit UnfinishedFolder(fs::path path) : path_(std::move(path)) {
    fs::remove_all(path_);  // of a killed run
    make_folders(path_);
  }
  ~UnfinishedFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  UnfinishedFolder(const UnfinishedFolder&) = delete;
  UnfinishedFolder& operator=(const UnfinishedFolder&) = delete;
  fs::path operator/(const char* name) const { return path_ / name; }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

nlohmann::json to_json(const TrainState& s) {
  return {{"step", s.step},
          {"seconds", s.seconds},
          {"seconds_waited", s.seconds_waited},
          {"best_score", s.best_score},
          {"best_step", s.best_step},
          {"log_bytes", s.events.jsonl},
          {"tfevents_bytes", s.events.tfevents},
          {"diagnosis", s.diagnosis},
          {"config_hash", s.config_hash},
          {"train_pairs", s.train_pairs}};
}

TrainState state_from_json(const nlohmann::json& json) {
  TrainState s;
  s.step = json.at("step").get<int64_t>();
  s.seconds = json.at("seconds").get<double>();
  s.seconds_waited = json.at("seconds_waited").get<double>();
  s.best_score = json.at("best_score").get<double>();
  s.best_step = json.at("best_step").get<int64_t>();
  s.events = {json.at("log_bytes").get<uint64_t>(), json.at("tfevents_bytes").get<uint64_t>()};
  if (json.contains("diagnosis")) json.at("diagnosis").get_to(s.diagnosis);
  s.config_hash = json.at("config_hash").get<std::string>();
  s.train_pairs = json.value("train_pairs", std::string());
  return s;
}

// Nothing where the checkpoint is damaged. What cannot be read for another reason (a disk that does
// not answer, no memory) may be whole, and is not passed over.
std::optional<TrainState> whole_state(const fs::path& folder) {
  const auto pass_over = [](const std::exception& error) {
    log_warning("checkpoint passed over: {}", error.what());
    return std::nullopt;
  };
  try {
    bundle::verify_manifest(folder);
    return state_from_json(nlohmann::json::parse(read_file(folder / "state.json")));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kBadData && error.code() != ErrorCode::kMissingFile) throw;
    return pass_over(error);
  } catch (const nlohmann::json::exception& error) {
    return pass_over(error);
  }
}

}  // namespace

void save_checkpoint(const std::filesystem::path& root, const TrainState& state,
                     const CheckpointTensors& tensors) {
  const auto final_path = root / fmt::format("{}{:08}", kPrefix, state.step);
  const UnfinishedFolder unfinished(root / "unfinished");
  save_tensors(unfinished / "model.safetensors", tensors.model);
  save_tensors(unfinished / "optimizer.safetensors", tensors.optimizer);
  save_tensors(unfinished / "ema.safetensors", tensors.ema);
  write_file(unfinished / "state.json", to_json(state).dump(1) + "\n");
  bundle::write_manifest(unfinished.path());
  // Those of this step or a later one were damaged, or the run would have begun there; they must
  // not take the place of whole ones.
  auto all = list(root);
  while (!all.empty() && all.front().first >= state.step) {
    fs::remove_all(all.front().second);
    all.erase(all.begin());
  }
  fs::rename(unfinished.path(), final_path);
  sync_folder(root);
  for (size_t i = kKept - 1; i < all.size(); ++i) fs::remove_all(all[i].second);
}

std::optional<SavedCheckpoint> newest_checkpoint(const std::filesystem::path& root) {
  const auto found = list(root);
  for (const auto& [step, folder] : found) {
    if (auto state = whole_state(folder)) return SavedCheckpoint{folder, *std::move(state)};
  }
  if (!found.empty()) {
    fail(ErrorCode::kBadData,
         "{}: none of the {} checkpoints there is whole; put back what is missing, or remove {} to "
         "train from the first step again",
         root.string(), found.size(), root.parent_path().string());
  }
  return std::nullopt;
}

void load_checkpoint(const SavedCheckpoint& checkpoint, const CheckpointTensors& tensors) {
  load_tensors(checkpoint.folder / "model.safetensors", tensors.model);
  load_tensors(checkpoint.folder / "optimizer.safetensors", tensors.optimizer);
  load_tensors(checkpoint.folder / "ema.safetensors", tensors.ema);
}

void save_finished(const std::filesystem::path& run, const TrainState& state) {
  if (!fs::exists(run / kFinished)) write_file(run / kFinished, to_json(state).dump(1) + "\n");
}

std::optional<TrainState> finished_state(const std::filesystem::path& run) {
  const auto path = run / kFinished;
  if (!fs::exists(path) || !fs::exists(run / "best" / "model.safetensors")) return std::nullopt;
  try {
    return state_from_json(nlohmann::json::parse(read_file(path)));
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorCode::kBadData,
         "{}: damaged ({}); put it back, or remove it to train from the first step again",
         path.string(), error.what());
  }
}

void remove_finished(const std::filesystem::path& run) {
  fs::remove(run / kFinished);
}

}  // namespace clipstill::train
