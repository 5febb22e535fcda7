// What must not be trained, and what must not be lost: each refusal by its exit code and message.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "run_folder.h"
#include "scene.h"

namespace clipstill::e2e {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr int kUsage = 2, kBadData = 3, kMissingFile = 4, kResource = 5;

void expect_refusal(const ProgramResult& result, int exit_code,
                    const std::vector<std::string>& words) {
  EXPECT_EQ(result.exit_code, exit_code) << result.err;
  EXPECT_EQ(result.out, "");
  const auto message =
      result.err.substr(std::min(result.err.rfind("clipstill: "), result.err.size()));
  EXPECT_THAT(message, StartsWith("clipstill: "));
  for (const auto& word : words) EXPECT_THAT(message, HasSubstr(word));
}

class Refusal : public testing::Test {
 protected:
  const Scene& scene_ = Scene::get();
  ScratchFolder scratch_;

  std::string run() const { return (scratch_ / "run").string(); }
  ProgramResult train_student(std::vector<std::string> overrides) const {
    overrides.insert(overrides.begin(), {"train", scene_.student_config().string()});
    overrides.insert(overrides.end(), {"--out", run()});
    return clipstill(overrides);
  }
  ProgramResult train_teacher(std::vector<std::string> overrides) const {
    overrides.insert(overrides.begin(), {"train", scene_.teacher_config().string()});
    overrides.insert(overrides.end(), {"--out", run()});
    return clipstill(overrides);
  }
  fs::path copy_of(const fs::path& folder, const std::string& name) const {
    fs::copy(folder, scratch_ / name, fs::copy_options::recursive);
    return scratch_ / name;
  }
};

TEST_F(Refusal, ACopyDoesNotTakeThePlaceOfItsModel) {
  const auto model = copy_of(scene_.teacher(), "model");
  const auto before = files_below(model);
  for (const char* command : {"pack", "convert"}) {
    expect_refusal(clipstill({"teacher", command, model.string(), (model / ".").string()}), kUsage,
                   {"the model itself", "another folder"});
  }
  EXPECT_TRUE(files_below(model) == before);
}

TEST_F(Refusal, ACacheMadeForSomethingElseIsNamedAndKept) {
  const auto other = copy_of(scene_.teacher(), "other-teacher");
  const auto half = clipstill({"teacher", "pack", scene_.teacher().string(), other.string()});
  ASSERT_EQ(half.exit_code, 0) << half.err;
  const auto before = files_below(scene_.cache());
  const std::vector<std::pair<std::string, std::string>> cases{
      {"augment.hue=0.3", "what differs: augmentation."},
      {"teacher.folder=" + other.string(), "what differs: teacher weights."},
      {"data.split_seed=2", "what differs: data set."},
      {"teacher.bf16=true", "what differs: precision."},
      {"train.view_seed=7", "view_seed (the cache has 1, 7 is asked for)"},
      {"train.views=4", "views (the cache has 3, 4 is asked for)"}};
  for (const auto& [override, difference] : cases) {
    const std::vector<std::string> words{(scene_.cache() / "cache.json").string(), difference,
                                         "clipstill teacher embed"};
    expect_refusal(train_student({override}), kBadData, words);
    expect_refusal(clipstill({"teacher", "embed", scene_.student_config().string(), override}),
                   kBadData, words);
  }
  EXPECT_TRUE(files_below(scene_.cache()) == before) << "the cache was touched";
  EXPECT_FALSE(fs::exists(run())) << "something was trained";
}

TEST_F(Refusal, ADistilledRunNeedsATeacherAndViews) {
  expect_refusal(train_student({"teacher.folder="}), kUsage, {"teacher.folder is empty"});
  expect_refusal(train_student({"teacher.cache="}), kUsage, {"teacher.cache is empty"});
  expect_refusal(train_student({"train.views=0"}), kUsage, {"train.views is 0"});
  expect_refusal(train_student({"teacher.folder=" + run()}), kMissingFile,
                 {run(), "expected a model folder"});
}

TEST_F(Refusal, AnotherTokenizerInAModelFolder) {
  const auto model = copy_of(scene_.teacher(), "model");
  auto tokenizer = nlohmann::ordered_json::parse(read_file(model / "tokenizer.json"));
  auto& vocabulary = tokenizer.at("model").at("vocab");
  auto same_size = tokenizer;
  auto& swapped = same_size["model"]["vocab"];
  std::vector<std::string> tokens;
  for (const auto& [token, id] : vocabulary.items()) tokens.push_back(token);
  std::swap(swapped[tokens[20]], swapped[tokens[30]]);
  write_file(model / "tokenizer.json", same_size.dump());
  expect_refusal(clipstill({"teacher", "info", model.string()}), kBadData,
                 {model.string(), "tokenizer.json is not the one"});

  vocabulary["one-more"] = vocabulary.size();
  write_file(model / "tokenizer.json", tokenizer.dump());
  expect_refusal(
      clipstill({"teacher", "info", model.string()}), kBadData,
      {model.string(), "its tokenizer has " + std::to_string(vocabulary.size()) + " tokens"});
}

TEST_F(Refusal, ADamagedModelFolderIsNamed) {
  const auto model = copy_of(scene_.teacher(), "model");
  truncate_file(model / "model.safetensors");
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"teacher", "info", model.string()},
           {"eval", model.string(), "--data.path", (scene_.set().folder() / "pairs.csv").string(),
            "--data.holdout", kHeldOut}}) {
    expect_refusal(clipstill(words), kBadData,
                   {(model / "model.safetensors").string(), "cut short?"});
  }
  fs::remove(model / "model.safetensors");
  expect_refusal(clipstill({"teacher", "info", model.string()}), kMissingFile,
                 {(model / "model.safetensors").string()});
}

TEST_F(Refusal, AnotherConfigDoesNotContinueARun) {
  fs::copy(scene_.teacher_run(), run(), fs::copy_options::recursive);
  const auto before = files_below(run());
  for (const std::string override :
       {"train.lr=1e-3", "train.steps=40", "train.seed=2", "model.text.layers=2",
        "loss.style.weight=1", "data.validation_share=0.2", "augment.flip=0.5"}) {
    expect_refusal(train_teacher({override}), kUsage,
                   {run(), "another config, data or teacher", "another folder"});
  }
  EXPECT_TRUE(files_below(run()) == before) << "the run was touched";
}

TEST_F(Refusal, WhatHasNoEffectMayChange) {
  fs::copy(scene_.teacher_run(), run(), fs::copy_options::recursive);
  const auto result = train_teacher({"train.workers=1", "train.checkpoint_every=7"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

TEST_F(Refusal, AConfigWithAMistakeNamesItsLine) {
  const auto last_line = [](const fs::path& config) {
    const auto text = read_file(config);
    return config.string() + ":" + std::to_string(std::count(text.begin(), text.end(), '\n'));
  };
  const auto unknown = scene_.set().write_config("unknown", native() + "train.stepz = 3\n");
  expect_refusal(clipstill({"train", unknown.string(), "--out", run()}), kUsage,
                 {last_line(unknown), "unknown key train.stepz", "did you mean train.steps?"});
  const auto malformed = scene_.set().write_config("malformed", native() + "train.beta1 = = 3\n");
  expect_refusal(clipstill({"train", malformed.string(), "--out", run()}), kUsage,
                 {last_line(malformed), "not valid TOML"});
  expect_refusal(train_teacher({"train.lr=1e6"}), kUsage, {"train.lr must be from 0 to 10"});
  expect_refusal(train_teacher({"model.image.arch=resnett"}), kUsage, {"resnet"});
  expect_refusal(train_teacher({"loss.ce.weight=0"}), kUsage, {"every loss has weight 0"});
  EXPECT_FALSE(fs::exists(fs::path(run()) / "checkpoints"));
}

TEST_F(Refusal, ADomainThatIsNotThere) {
  expect_refusal(train_teacher({"data.holdout=outlined"}), kUsage,
                 {"no domain \"outlined\"", "flat", "night", kHeldOut});
  EXPECT_FALSE(fs::exists(run()));
}

TEST_F(Refusal, ABatchLargerThanTheData) {
  expect_refusal(train_teacher({"train.batch=500"}), kUsage,
                 {"train.batch is 500", "training samples"});
}

TEST(RefusedData, ATruncatedImageIsNamed) {
  const TinySet set;
  const auto config = set.write_config("teacher", native());
  const auto images = {set.image("flat", 3), set.image("night", 20)};
  for (const auto& path : images) truncate_file(path);
  const auto result = clipstill({"train", config.string(), "data.validation_share=0", "--out",
                                 (set.folder() / "run").string()});
  expect_refusal(result, kBadData, {".png"});
  EXPECT_THAT(result.err, testing::AnyOf(HasSubstr("flat-03.png"), HasSubstr("night-20.png")));
}

// The held-out images here are no images, and their texts differ from those of the scene: the
// same model to the last bit shows that neither training nor the choice of a model saw them.
TEST(HeldOut, IsNotSeenInTraining) {
  const TinySet set(TinySet::HeldOut::kUnreadable);
  const auto config = set.write_config("teacher", native());
  const auto run = set.folder() / "run";
  const auto trained = clipstill({"train", config.string(), "--out", run.string()});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  expect_same_run(run, Scene::get().teacher_run(), kSteps);

  const auto evaluated =
      clipstill({"eval", (run / "best").string(), "--data.path",
                 (set.folder() / "pairs.csv").string(), "--data.holdout", kHeldOut});
  expect_refusal(evaluated, kBadData, {"outline-"});
}

TEST_F(Refusal, ALossThatIsNotFiniteNamesTheBatch) {
  // Weights grow a hundredfold a step, until they leave the range of floats.
  const auto result = train_teacher({"train.lr=10", "train.weight_decay=10", "train.clip_norm=0",
                                     "train.warmup=0", "train.checkpoint_every=1"});
  expect_refusal(result, kBadData,
                 {run(), "not finite at step ", "the batch begins with ", ".png", "train.lr"});
  const auto steps = checkpoint_steps(run());
  ASSERT_FALSE(steps.empty());
  // The same command loads the last checkpoint, which is whole, and fails at the same step.
  const auto again = train_teacher({"train.lr=10", "train.weight_decay=10", "train.clip_norm=0",
                                    "train.warmup=0", "train.checkpoint_every=1"});
  EXPECT_THAT(again.err, AllOf(HasSubstr("continuing at step " + std::to_string(steps.back())),
                               Not(HasSubstr("passed over"))));
  EXPECT_EQ(again.err.substr(again.err.find("is not finite")),
            result.err.substr(result.err.find("is not finite")));
}

// A limit on the size of files stands for a full disk.
TEST_F(Refusal, AFullDiskLosesNothing) {
  fs::copy(scene_.student_run(), run(), fs::copy_options::recursive);
  fs::remove(fs::path(run()) / "finished.json");
  fs::remove_all(checkpoint_folder(run(), 30));
  const auto before = files_below(checkpoint_folder(run(), 28));
  const auto weights = fs::file_size(checkpoint_folder(run(), 28) / "optimizer.safetensors");
  const auto command = "ulimit -f " + std::to_string(weights * 3 / 4 / 1024) + "; exec " +
                       CLIPSTILL_BINARY + " train " + scene_.student_config().string() + " --out " +
                       run();
  const auto limited = cli::run_program({"bash", "-c", command});
  expect_refusal(limited, kResource, {"optimizer.safetensors", "File too large"});
  EXPECT_TRUE(files_below(checkpoint_folder(run(), 28)) == before);
  EXPECT_FALSE(fs::exists(fs::path(run()) / "checkpoints" / "unfinished"));
  for (const auto& entry : fs::recursive_directory_iterator(run())) {
    EXPECT_THAT(entry.path().string(), Not(HasSubstr(".tmp-")));
  }
  const auto finished = train_student({});
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  expect_same_run(run(), scene_.student_run(), kSteps);
}

}  // namespace
}  // namespace clipstill::e2e
