// The loop in this process: stopped after every single step, it ends with the same bits.
#include "train/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "../core/expect_error.h"
#include "core/interrupt.h"
#include "tiny_models.h"
#include "train/teacher.h"
#include "train/threads.h"

namespace clipstill::train {
namespace {

using nlohmann::json;

constexpr int64_t kSteps = 9;  // of batches of 4 from 15 samples: three epochs

class TrainerTest : public testing::Test {
 protected:
  TrainerTest() : data_(tiny_data()) {
    set_threads(1);
    config_.tokenizer.vocabulary = 40;
    config_.model = tiny_options();
    config_.model.image.arch = "resnet";  // batch norm has state too
    config_.model.image.width = 8;
    config_.train.steps = kSteps;
    config_.train.batch = 4;
    config_.train.warmup = 2;
    config_.train.ema = 0.9;
    config_.train.evaluate_every = 2;
    config_.train.checkpoint_every = 100;  // only where it is stopped
  }
  ~TrainerTest() override { request_interrupt(false); }

  void distil() {
    const auto teacher = tiny_model(data_, 77, /*embed_dim=*/12);
    save_model(scratch_ / "teacher", teacher, named_tensors(*teacher.network));
    config_.teacher.folder = scratch_ / "teacher";
    config_.teacher.cache = scratch_ / "cache";
    config_.train.views = 2;
    for (auto& loss : config_.losses) loss->schedule.weight = 1;
    EXPECT_EQ(embed_teachers(config_, data_),
              data_.train.size() + static_cast<int64_t>(data_.train.texts().size()));
  }
  // Beside that of distil(), of another width; weighs three times as much.
  void add_teacher() {
    const auto second = tiny_model(data_, 78, /*embed_dim=*/6);
    save_model(scratch_ / "second", second, named_tensors(*second.network));
    config_.teacher.others = {(scratch_ / "second").string()};
    config_.teacher.weights = {1, 3};
  }
  TrainResult train_in(const std::string& run) {
    return train(config_, data_, make_tokenizer(config_.tokenizer, data_.train), scratch_ / run);
  }
  std::string file(const std::string& run, const std::string& name) const {
    return read_file(scratch_ / run / name);
  }
  std::vector<json> log(const std::string& run) const {
    std::vector<json> entries;
    std::istringstream lines(file(run, "log.jsonl"));
    for (std::string line; std::getline(lines, line);) {
      entries.push_back(json::parse(line));
      entries.back().erase("seconds");
    }
    return entries;
  }
  void expect_same_run(const std::string& a, const std::string& b) const {
    for (const std::string name : {"model", "optimizer", "ema"}) {
      const auto path = fmt::format("checkpoints/step-{:08}/{}.safetensors", kSteps, name);
      EXPECT_TRUE(file(a, path) == file(b, path)) << name;
    }
    EXPECT_TRUE(file(a, "best/model.safetensors") == file(b, "best/model.safetensors"));
    EXPECT_EQ(log(a), log(b));
  }
  // Each session does one step and saves; several of them fall into one epoch.
  void train_step_by_step(const std::string& run) {
    for (int64_t step = 1; step < kSteps; ++step) {
      request_interrupt();
      expect_error(ErrorCode::kInterrupted,
                   {fmt::format("stopped at step {} of {}", step, kSteps), "the same command"},
                   [&] { train_in(run); });
    }
    request_interrupt(false);
    EXPECT_EQ(train_in(run).steps, kSteps);
  }

  ScratchFolder scratch_;
  RunData data_;
  RunConfig config_;
};

TEST_F(TrainerTest, StoppedAfterEveryStepItIsTheSame) {
  const auto whole = train_in("whole");
  train_step_by_step("parts");
  expect_same_run("whole", "parts");
  const auto again = train_in("parts");  // finished: tells the same
  EXPECT_EQ(again.best_step, whole.best_step);
  EXPECT_EQ(again.best_score, whole.best_score);
  expect_same_run("whole", "parts");
}

TEST_F(TrainerTest, WithATeacherAndLearnableLossesToo) {
  distil();
  train_in("whole");
  train_step_by_step("parts");
  expect_same_run("whole", "parts");
  const auto checkpoint = file("whole", "checkpoints/step-00000009/model.safetensors");
  for (const std::string part : {"loss.fd.image.linear.weight", "loss.icl.logit_scale"}) {
    EXPECT_NE(checkpoint.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(file("whole", "best/model.safetensors").find("loss."), std::string::npos);
}

TEST_F(TrainerTest, WithTwoTeachersToo) {
  distil();
  add_teacher();
  EXPECT_EQ(embed_teachers(config_, data_),  // the first is kept
            data_.train.size() + static_cast<int64_t>(data_.train.texts().size()));
  EXPECT_EQ(embed_teachers(config_, data_), 0);
  train_in("whole");
  train_step_by_step("parts");
  expect_same_run("whole", "parts");
  const auto checkpoint = file("whole", "checkpoints/step-00000009/model.safetensors");
  for (const std::string part :
       {"\"loss.fd.image.linear.weight\"", "\"loss.fd.teacher2.image.linear.weight\"",
        "\"loss.icl.logit_scale\"", "\"loss.icl.teacher2.logit_scale\""}) {
    EXPECT_NE(checkpoint.find(part), std::string::npos) << part;
  }
  config_.teacher.weights = {};
  expect_error(ErrorCode::kUsage, {"what differs: teacher.weights (the run has [1"},
               [&] { train_in("whole"); });
  // Moved, it is the same.
  config_.teacher.weights = {2, 6};
  fs::rename(scratch_ / "second", scratch_ / "moved");
  config_.teacher.others = {(scratch_ / "moved").string()};
  embed_teachers(config_, data_);
  EXPECT_EQ(train_in("whole").steps, kSteps);
}

TEST_F(TrainerTest, OtherViewsOfASecondTeacherAreRefused) {
  distil();
  add_teacher();
  embed_teachers(config_, data_);
  const auto cache = teachers_of(config_, data_)[1].cache;
  const auto hue = std::exchange(config_.augment.hue, 0.3);
  const auto folder = std::exchange(config_.teacher.cache, scratch_ / "other");
  embed_teachers(config_, data_);
  const auto other = teachers_of(config_, data_)[1].cache;
  config_.augment.hue = hue;
  config_.teacher.cache = folder;
  fs::remove_all(cache);
  fs::copy(other, cache, fs::copy_options::recursive);
  expect_error(ErrorCode::kBadData,
               {(cache / "cache.json").string(), "what differs: augmentation."},
               [&] { train_in("run"); });
}

TEST_F(TrainerTest, ValuesForTheTeacherAreReadThoughAllIsEmbedded) {
  distil();
  config_.teacher.memory = "4GB";
  expect_error(ErrorCode::kUsage, {"teacher.memory", "\"4GB\""},
               [&] { embed_teachers(config_, data_); });
  config_.teacher.memory = "4G";
  EXPECT_EQ(embed_teachers(config_, data_), 0);
  config_.teacher.device = "cuda";  // on a machine without one: the soft labels were copied there
  EXPECT_EQ(embed_teachers(config_, data_), 0);
  config_.teacher.bf16 = true;
  expect_error(ErrorCode::kUsage, {"teacher.bf16", "teacher.device=cpu"},
               [&] { embed_teachers(config_, data_); });
}

TEST_F(TrainerTest, EachTeacherHasAWeight) {
  distil();
  add_teacher();
  for (const NumberList& weights : {NumberList{1}, NumberList{1, 2, 3}, NumberList{0, 0}}) {
    config_.teacher.weights = weights;
    expect_error(ErrorCode::kUsage, {"teacher.weights", "each of the 2 teachers"},
                 [&] { embed_teachers(config_, data_); });
  }
}

TEST_F(TrainerTest, AnInheritedStartIsPartOfTheRun) {
  distil();
  train_in("seeded");
  config_.inherit = "text";
  train_in("whole");
  EXPECT_NE(file("whole", "best/model.safetensors"), file("seeded", "best/model.safetensors"));
  train_step_by_step("parts");
  expect_same_run("whole", "parts");
  expect_error(ErrorCode::kUsage, {"model.inherit (the run has \"none\", \"text\" is asked for)"},
               [&] { train_in("seeded"); });
}

// Also where nothing but the start comes from the teacher.
TEST_F(TrainerTest, AnotherTeacherIsAnotherStart) {
  const auto save_teacher = [&](uint64_t seed) {
    const auto teacher = tiny_model(data_, seed);
    save_model(scratch_ / "teacher", teacher, named_tensors(*teacher.network));
  };
  save_teacher(77);
  config_.teacher.folder = scratch_ / "teacher";
  config_.inherit = "text";
  train_in("run");
  save_teacher(78);
  expect_error(ErrorCode::kUsage, {"what differs: no key, but what is in the pairs, the teacher"},
               [&] { train_in("run"); });
  config_.teacher.folder.clear();
  expect_error(ErrorCode::kUsage, {"teacher.folder is empty", "model.inherit"},
               [&] { train_in("run"); });
}

// Fitting a start to images takes a while: only where it is used.
TEST_F(TrainerTest, ARunThatIsThereDoesNotStartFromItsTeacher) {
  std::atomic<int> reads = 0;
  data_ = tiny_data([&] { ++reads; });
  auto teacher = tiny_model(data_, 77);
  teacher.network = make_network(config_.model, *teacher.tokenizer, 77);  // a ResNet
  save_model(scratch_ / "teacher", teacher, named_tensors(*teacher.network));
  config_.teacher.folder = scratch_ / "teacher";
  config_.inherit = "image";
  request_interrupt();
  expect_error(ErrorCode::kInterrupted, {"stopped at step 1"}, [&] { train_in("run"); });
  request_interrupt(false);
  int before = reads;
  int until_it_continues = -1;
  set_log_sink([&](LogLevel, std::string_view message) {
    if (message.find("continuing at step 1") != message.npos) until_it_continues = reads - before;
  });
  train_in("run");
  set_log_sink({});
  EXPECT_EQ(until_it_continues, 0);
  before = reads;
  train_in("run");  // finished
  EXPECT_EQ(reads, before);
}

TEST_F(TrainerTest, InChunksAndWithOtherWorkersToo) {
  distil();
  config_.train.micro_batch = 3;
  train_in("whole");
  config_.train.workers = 5;
  train_step_by_step("parts");
  expect_same_run("whole", "parts");
}

// An untrained model is surer than it is right, so that its scale falls where it may.
TEST_F(TrainerTest, AScaleAboveItsLimitLearns) {
  config_.model.initial_scale = 60;
  config_.model.max_scale = 50;
  train_in("whole");
  const auto entries = log("whole");
  const auto last = std::find_if(entries.rbegin(), entries.rend(),
                                 [](const json& entry) { return entry.contains("logit_scale"); });
  ASSERT_NE(last, entries.rend());
  EXPECT_LT(last->at("logit_scale"), 49.99);
  train_step_by_step("parts");
  expect_same_run("whole", "parts");
}

TEST_F(TrainerTest, TheSeedDeterminesTheRun) {
  train_in("a");
  train_in("b");
  expect_same_run("a", "b");
  config_.train.seed = 2;
  train_in("c");
  EXPECT_NE(file("c", "best/model.safetensors"), file("a", "best/model.safetensors"));
}

TEST_F(TrainerTest, TheModelThatIsKeptIsTheAverage) {
  config_.train.evaluate_every = kSteps;
  train_in("run");
  const auto ema = file("run", "checkpoints/step-00000009/ema.safetensors");
  EXPECT_TRUE(file("run", "best/model.safetensors") == ema);
  EXPECT_NE(file("run", "checkpoints/step-00000009/model.safetensors"), ema);
}

TEST_F(TrainerTest, TheResolvedConfigReadsBackTheSame) {
  config_.train.lr = 0.1 + 0.2;
  train_in("run");
  RunConfig again;
  OptionSet set;
  declare_options(set, again);
  set.load_toml(scratch_ / "run" / "config.toml");
  EXPECT_EQ(resolved_toml(again), resolved_toml(config_));
  EXPECT_EQ(again.train.lr, config_.train.lr);
}

TEST_F(TrainerTest, ARefusedConfigLeavesTheRunAlone) {
  train_in("run");
  const auto config = file("run", "config.toml"), events = file("run", "log.jsonl");
  config_.train.lr = 0.25;
  config_.model.text.layers = 3;
  config_.train.workers = 7;  // has no effect, and is not why
  const auto refused = [&](const std::vector<std::string>& words) {
    expect_error(ErrorCode::kUsage, words, [&] { train_in("run"); });
  };
  const auto folder = (scratch_ / "run").string();
  refused({folder + ": made under another config",
           "what differs: model.text.layers (the run has 1, 3 is asked for), train.lr (the run has "
           "0.001, 0.25 is asked for). Give"});
  EXPECT_EQ(file("run", "config.toml"), config);
  EXPECT_EQ(file("run", "log.jsonl"), events);

  write_file(scratch_ / "run" / "config.toml", "train.of_another_version = 1\n");
  refused({folder, "what differs: not known", "train.of_another_version"});
}

TEST_F(TrainerTest, OtherPairsUnderTheSameConfigAreRefused) {
  train_in("run");
  auto records = data::numbered_records(15);
  records[3].texts = {{"not what it was", "en", ""}};
  data_.train = data::whole_set(std::make_shared<data::MemoryPairs>(std::move(records)));
  expect_error(ErrorCode::kUsage, {"what differs: no key, but what is in the pairs"},
               [&] { train_in("run"); });
}

TEST_F(TrainerTest, AFinishedRunCanDoWithoutItsCheckpoints) {
  const auto whole = train_in("run");
  const auto best = file("run", "best/model.safetensors");
  const auto events = log("run");
  const auto checkpoints = scratch_ / "run" / "checkpoints";
  fs::remove_all(checkpoints);
  const auto again = train_in("run");
  EXPECT_EQ(again.steps, kSteps);
  EXPECT_EQ(again.seconds, whole.seconds);
  EXPECT_EQ(again.loader_share, whole.loader_share);
  EXPECT_EQ(again.best_score, whole.best_score);
  EXPECT_EQ(again.best_step, whole.best_step);
  EXPECT_FALSE(fs::exists(checkpoints)) << "it was trained again";
  EXPECT_EQ(file("run", "best/model.safetensors"), best);
  EXPECT_EQ(log("run"), events);

  config_.train.seed = 2;
  expect_error(ErrorCode::kUsage, {"train.seed (the run has 1, 2 is asked for)"},
               [&] { train_in("run"); });
  write_file(scratch_ / "run" / "finished.json", "{");
  expect_error(ErrorCode::kBadData, {"run/finished.json: damaged", "first step again"},
               [&] { train_in("run"); });
}

TEST_F(TrainerTest, WithoutItsBestModelARunIsNotFinished) {
  config_.train.evaluate_every = 1;
  train_in("run");
  const auto best = file("run", "best/model.safetensors");
  fs::remove_all(scratch_ / "run" / "checkpoints");
  fs::remove_all(scratch_ / "run" / "best");
  request_interrupt();
  expect_error(ErrorCode::kInterrupted, {"stopped at step 1 of"}, [&] { train_in("run"); });
  // It has a best model again, of the first step.
  fs::remove_all(scratch_ / "run" / "checkpoints");
  request_interrupt(false);
  train_in("run");
  EXPECT_EQ(file("run", "best/model.safetensors"), best);
}

TEST_F(TrainerTest, TheCacheMustBeThatOfTheConfig) {
  distil();
  config_.augment.hue = 0.3;
  expect_error(ErrorCode::kBadData, {"augmentation"}, [&] { train_in("run"); });
  EXPECT_FALSE(fs::exists(scratch_ / "run" / "checkpoints"));
}

TEST_F(TrainerTest, AWarningIsToldOnceAlsoWhereTheRunIsStopped) {
  auto records = data::numbered_records(15);
  for (auto& record : records) record.texts = {{"the same", "en", ""}};
  data_.train = data::whole_set(std::make_shared<data::MemoryPairs>(std::move(records)));
  const data::WarningLog log_sink;
  train_in("whole");
  train_step_by_step("parts");
  expect_same_run("whole", "parts");
  std::vector<std::string> warned;
  for (const auto& entry : log("parts")) {
    if (entry.contains("warning")) warned.push_back(entry.at("warning"));
  }
  EXPECT_THAT(warned, testing::ElementsAre("one_text"));
  for (const auto* run : {"whole", "parts"}) {
    const auto told = fmt::format("{}, step 5: every pair", (scratch_ / run).string());
    const auto first = log_sink.text().find(told);
    ASSERT_NE(first, std::string::npos) << run;
    EXPECT_EQ(log_sink.text().find(told, first + 1), std::string::npos) << run;
  }
}

TEST_F(TrainerTest, WithoutValidationTheLastModelIsKept) {
  const data::PairSet none(std::make_shared<data::MemoryPairs>(data::numbered_records(2)), {},
                           {"en"}, {});
  data_.validation = none;
  const auto result = train_in("run");
  EXPECT_EQ(result.best_step, kSteps);
  for (const auto& entry : log("run")) EXPECT_TRUE(entry.contains("loss"));
}

}  // namespace
}  // namespace clipstill::train
