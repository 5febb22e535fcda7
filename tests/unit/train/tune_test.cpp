// A short training after the training, of what stands in for the network.
#include "train/tune.h"

#include <gmock/gmock.h>

#include "../core/expect_error.h"
#include "tiny_models.h"
#include "train/evaluate.h"
#include "train/run_identity.h"
#include "train/teacher.h"
#include "train/threads.h"
#include "train/trainer.h"

namespace clipstill::train {
namespace {

class Tune : public testing::Test {
 protected:
  Tune() : data_(tiny_data()) {
    set_threads(1);
    config_.tokenizer.vocabulary = 40;
    config_.model = tiny_options();
    config_.train.steps = 4;
    config_.train.batch = 4;
    config_.train.warmup = 1;
    config_.train.views = 2;
    const auto teacher = tiny_model(data_, 77);
    save_model(scratch_ / "teacher", teacher, named_tensors(*teacher.network));
    config_.teacher.folder = scratch_ / "teacher";
    config_.teacher.cache = scratch_ / "cache";
    embed_teachers(config_, data_);
    for (auto& loss : config_.losses) loss->schedule.weight = loss->name() == "fd" ? 1 : 0;
  }

  fs::path run() const { return scratch_ / "run"; }
  void train_run() { train(config_, data_, make_tokenizer(config_.tokenizer, data_.train), run()); }

  // The network itself stands in for itself.
  static TunedStudent itself(Model& model) {
    TunedStudent student;
    student.encoders = {
        .images = [&](const auto& pixels) { return model.network->encode_image(pixels); },
        .texts = [&](const auto& ids,
                     const auto& mask) { return model.network->encode_text(ids, mask); }};
    for (const auto& item : model.network->named_parameters()) {
      if (item.key() != "logit_scale") student.weights.emplace_back(item.key(), item.value());
    }
    return student;
  }
  NamedTensors tuned(const TuneOptions& options) {
    auto model = load_model(run() / "best");
    Tuner(config_, data_, model, run()).run(itself(model), options);
    return named_tensors(*model.network);
  }
  // Mean squared distance of the student's text embeddings from the teacher's.
  double distance(Model& student) {
    auto teacher = load_model(scratch_ / "teacher");
    const auto& texts = data_.train.texts();
    const auto of = [&](Model& model) { return torch::tensor(embed_texts(model, texts)); };
    return (of(student) - of(teacher)).square().mean().item<double>();
  }

  ScratchFolder scratch_;
  RunData data_;
  RunConfig config_;
};

TEST_F(Tune, LowersTheLossOfTheRun) {
  train_run();
  auto model = load_model(run() / "best");
  const double before = distance(model);
  Tuner(config_, data_, model, run()).run(itself(model), {.steps = 60, .lr = 1e-2});
  EXPECT_LT(distance(model), 0.5 * before) << before;
}

TEST_F(Tune, IsAFunctionOfItsArguments) {
  for (auto& loss : config_.losses) loss->schedule.weight = 1;
  train_run();
  const auto once = tuned({.steps = 3, .lr = 1e-3});
  expect_same(once, tuned({.steps = 3, .lr = 1e-3}));
  config_.train.workers = 5;
  expect_same(once, tuned({.steps = 3, .lr = 1e-3}));
  const auto others = tuned({.steps = 3, .lr = 2e-3});
  EXPECT_FALSE(same_bits(once.at("image_projection.weight"), others.at("image_projection.weight")));
  const auto untouched = named_tensors(*load_model(run() / "best").network);
  EXPECT_TRUE(same_bits(once.at("logit_scale"), untouched.at("logit_scale")));
}

// The scale of icl is trained with the student, and would be a beginner's beside it.
TEST_F(Tune, WantsTheLearnablePartsOfTheLosses) {
  train_run();
  fs::remove_all(run() / "checkpoints");
  tuned({.steps = 1, .lr = 1e-3});  // fd has none where the widths agree
  for (auto& loss : config_.losses) loss->schedule.weight = 1;
  expect_error(ErrorCode::kMissingFile, {run().string(), "no checkpoint", "loss."},
               [&] { tuned({.steps = 1, .lr = 1e-3}); });
}

TEST_F(Tune, IsNotGivenWhatTheRunHeldOut) {
  config_.data.split.holdout = "night";
  train_run();
  auto given = config_.data;
  require_data_of_run(run(), given, data_);
  given.split.holdout = "";
  expect_error(
      ErrorCode::kUsage,
      {run().string(), "held out", "data.holdout (the run has \"night\", \"\" is asked for)",
       "Leave the data.* options out"},
      [&] { require_data_of_run(run(), given, data_); });
}

TEST_F(Tune, KnowsThePairsOfItsRunUnderAnotherPath) {
  const data::PairFolder folder;
  const auto pairs = [&](const std::string& name, const std::string& rows) {
    return folder.write(name, "image,text,id,split\n" + rows).string();
  };
  const std::string trained = "a.png,one,a,train\nb.png,two,b,train\n";
  config_.data.path = pairs("own.csv", trained + "c.png,three,c,test\n");
  config_.train.batch = 2;
  for (auto& loss : config_.losses) loss->schedule.weight = loss->name() == "ce" ? 1 : 0;
  data_ = open_run_data(config_.data);
  train_run();
  auto given = config_.data;
  given.path = pairs("moved.csv", trained + "c.png,three,c,test\n");
  require_data_of_run(run(), given, open_run_data(given));
  given.path = pairs("others.csv", trained + "c.png,three,c,train\n");
  const auto others = open_run_data(given);
  expect_error(ErrorCode::kUsage, {run().string(), "the pairs themselves", "own.csv", "others.csv"},
               [&] { require_data_of_run(run(), given, others); });
  pairs("own.csv", trained + "c.png,three,c,train\n");  // its own, with the test pair among them
  given.path = config_.data.path;
  expect_error(ErrorCode::kUsage, {"the pairs themselves"},
               [&] { require_data_of_run(run(), given, open_run_data(given)); });
}

TEST_F(Tune, RefusesToGoOnWhereNothingIsFinite) {
  train_run();
  expect_error(ErrorCode::kBadData, {"not finite", "lower its learning rate"},
               [&] { tuned({.steps = 50, .lr = 1e30}); });
}

}  // namespace
}  // namespace clipstill::train
