#include "train/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "../core/expect_error.h"
#include "tiny_models.h"

namespace clipstill::train {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Checkpoint : public testing::Test {
 protected:
  Checkpoint()
      : tensors_{{{"w", torch::zeros({2, 2})}},
                 {{"w.m", torch::zeros({2, 2})}},
                 {{"w", torch::zeros({2, 2})}}} {}

  void set(float value) {
    tensors_.model.at("w").fill_(value);
    tensors_.optimizer.at("w.m").fill_(10 * value);
    tensors_.ema.at("w").fill_(100 * value);
  }
  void save(int64_t step) {
    set(static_cast<float>(step));
    TrainState state;
    state.step = step;
    state.seconds = 0.1 * static_cast<double>(step);
    state.seconds_waited = 1.0 / 3;
    state.best_score = 2.0 / 3;
    state.best_step = step - 1;
    state.events = {11, 22};
    state.diagnosis.cross_entropy = 0.1 + 0.2;
    state.diagnosis.cross_entropies = 3;
    state.diagnosis.warned = {"near_chance", "one_text"};
    state.config_hash = "hash";
    state.train_pairs = "pairs";
    save_checkpoint(root(), state, tensors_);
  }
  std::optional<TrainState> load() {
    set(-1);
    const auto saved = newest_checkpoint(root());
    if (!saved) return std::nullopt;
    load_checkpoint(*saved, tensors_);
    return saved->state;
  }
  fs::path root() const { return scratch_ / "checkpoints"; }
  fs::path folder(int64_t step) const { return root() / fmt::format("step-{:08}", step); }
  std::set<std::string> names() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(root())) names.insert(entry.path().filename());
    return names;
  }
  void damage(int64_t step, const std::string& name) const {
    auto content = read_file(folder(step) / name);
    content[content.size() / 2] ^= 1;
    write_file(folder(step) / name, content);
  }

  ScratchFolder scratch_;
  CheckpointTensors tensors_;
};

TEST_F(Checkpoint, HoldsTensorsAndState) {
  EXPECT_FALSE(load().has_value());
  save(7);
  const auto state = load();
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(state->step, 7);
  EXPECT_EQ(state->seconds, 0.1 * 7);  // to the bit
  EXPECT_EQ(state->seconds_waited, 1.0 / 3);
  EXPECT_EQ(state->best_score, 2.0 / 3);
  EXPECT_EQ(state->best_step, 6);
  EXPECT_EQ(state->events.jsonl, 11u);
  EXPECT_EQ(state->events.tfevents, 22u);
  EXPECT_EQ(state->diagnosis.cross_entropy, 0.1 + 0.2);
  EXPECT_EQ(state->diagnosis.cross_entropies, 3);
  EXPECT_THAT(state->diagnosis.warned, ElementsAre("near_chance", "one_text"));
  EXPECT_EQ(state->config_hash, "hash");
  EXPECT_EQ(state->train_pairs, "pairs");
  EXPECT_EQ(tensors_.model.at("w")[0][0].item<float>(), 7);
  EXPECT_EQ(tensors_.optimizer.at("w.m")[1][1].item<float>(), 70);
  EXPECT_EQ(tensors_.ema.at("w")[0][1].item<float>(), 700);
  std::set<std::string> files;
  for (const auto& entry : fs::directory_iterator(folder(7))) files.insert(entry.path().filename());
  EXPECT_THAT(files, ElementsAre("ema.safetensors", "manifest.json", "model.safetensors",
                                 "optimizer.safetensors", "state.json"));
}

TEST_F(Checkpoint, TheNewestTwoAreKept) {
  for (const int64_t step : {5, 10, 15, 100}) save(step);
  EXPECT_THAT(names(), ElementsAre("step-00000015", "step-00000100"));
  EXPECT_EQ(load()->step, 100);
}

TEST_F(Checkpoint, DamagedOnesArePassedOverByName) {
  for (const std::string name : {"model.safetensors", "optimizer.safetensors", "ema.safetensors",
                                 "state.json", "manifest.json"}) {
    save(5);
    save(10);
    damage(10, name);
    const data::WarningLog warnings;
    EXPECT_EQ(load()->step, 5) << name;
    EXPECT_EQ(tensors_.model.at("w")[0][0].item<float>(), 5);
    EXPECT_THAT(warnings.text(), HasSubstr((folder(10) / name).string()));
    save(10);  // takes the place of the damaged one
    EXPECT_EQ(load()->step, 10);
  }
}

TEST_F(Checkpoint, MissingFilesAreDamageToo) {
  save(5);
  save(10);
  fs::remove(folder(10) / "ema.safetensors");
  EXPECT_EQ(load()->step, 5);
  fs::remove(folder(10) / "manifest.json");
  EXPECT_EQ(load()->step, 5);
  fs::remove_all(folder(5) / "manifest.json");
  // Whoever trained for a week decides whether to begin again.
  expect_error(ErrorCode::kBadData, {folder(5).parent_path().string(), "none of the 2 checkpoints"},
               [&] { load(); });
  fs::remove_all(folder(5).parent_path());
  EXPECT_FALSE(load().has_value());
}

TEST_F(Checkpoint, DamagedOnesDoNotDisplaceWholeOnes) {
  save(80);
  save(90);
  damage(90, "state.json");
  EXPECT_EQ(load()->step, 80);
  save(85);
  EXPECT_THAT(names(), ElementsAre("step-00000080", "step-00000085"));
  EXPECT_EQ(load()->step, 85);
}

TEST_F(Checkpoint, WhatAKilledRunLeftIsCleared) {
  save(5);
  fs::create_directories(root() / "unfinished");
  write_file(root() / "unfinished" / "model.safetensors", "half of");
  fs::create_directories(root() / "step-12x");  // not ours
  EXPECT_EQ(load()->step, 5);
  save(6);
  EXPECT_THAT(names(), ElementsAre("step-00000005", "step-00000006", "step-12x"));
}

TEST_F(Checkpoint, AFailedOneLeavesNothing) {
  save(5);
  TrainState state;
  state.step = 6;
  auto tensors = tensors_;
  tensors.ema.begin()->second = torch::Tensor();  // cannot be saved
  EXPECT_ANY_THROW(save_checkpoint(root(), state, tensors));
  EXPECT_THAT(names(), ElementsAre("step-00000005"));
}

}  // namespace
}  // namespace clipstill::train
