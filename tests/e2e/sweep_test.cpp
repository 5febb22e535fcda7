// `clipstill sweep`: killed, resumed, ranked; and the command that it ends with.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "run_folder.h"
#include "scene.h"

namespace clipstill::e2e {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json swept(std::vector<std::string> words) {
  words.insert(words.begin(), "sweep");
  return printed(std::move(words));
}

// The highest validation score in the log of a run.
double best_of(const fs::path& run) {
  double best = 0;
  for (const auto& entry : log_of(run))
    best = std::max(best, entry.value("val/mean/recall@1", 0.0));
  return best;
}

constexpr const char* kGrid = R"([sweep]
seeds = [1, 2]
[sweep.grid]
"train.lr" = [1e-4, 4e-3]
train.weight_decay = [0, 0.1]
)";

// The held-out images of this set are none, so that a sweep that reads them fails.
TEST(Sweep, KilledAndResumedRanksByTheScoresOfItsRuns) {
  const TinySet set(TinySet::HeldOut::kUnreadable);
  const auto config = set.write_config("sweep", native() + kGrid).string();
  const auto out = set.folder() / "swept", reference = set.folder() / "reference";
  const auto words = [&](const fs::path& folder) {
    return std::vector<std::string>{config, "train.steps=12", "sweep.out=" + folder.string()};
  };
  const auto undisturbed = swept(words(reference));

  for (const char* run : {"train.lr=0.0001,train.weight_decay=0-seed1",
                          "train.lr=0.004,train.weight_decay=0.1-seed1"}) {
    auto interrupted = words(out);
    interrupted.insert(interrupted.begin(), "sweep");
    Child child(clipstill_words(interrupted));
    child.run_until([&] { return !checkpoint_steps(out / run).empty(); });
    child.send(SIGKILL);
    EXPECT_EQ(child.result().exit_code, 128 + SIGKILL);
  }
  EXPECT_FALSE(fs::exists(out / "sweep.json"));
  const auto ranked = swept(words(out));
  EXPECT_EQ(json::parse(read_file(out / "sweep.json")), ranked);

  ASSERT_EQ(ranked.at("points").size(), 4u);
  double above = 1;
  for (size_t i = 0; i < 4; ++i) {
    const auto& point = ranked.at("points")[i];
    EXPECT_EQ(point.at("values"), undisturbed.at("points")[i].at("values"));
    double sum = 0;
    for (const auto& run : point.at("runs")) {
      const fs::path folder = run.at("folder").get<std::string>();
      EXPECT_EQ(run.at("validation_recall@1"), best_of(folder));
      sum += best_of(folder);
      expect_same_run(folder, reference / folder.filename(), 12);
    }
    const double mean = point.at("validation_recall@1").at("mean");
    EXPECT_NEAR(mean, sum / 2, 1e-12);
    EXPECT_LE(mean, above);
    above = mean;
  }
  // Not all the same, or the ranking would tell nothing.
  EXPECT_LT(above, ranked.at("points")[0].at("validation_recall@1").at("mean"));

  const auto before = files_below(out);
  EXPECT_EQ(swept(words(out)), ranked);
  EXPECT_TRUE(files_below(out) == before) << "a finished sweep was touched";
}

// Over a variant, with soft labels of each point, in a folder whose name a shell could take amiss.
TEST(Sweep, EndsWithTheCommandThatTrainsTheBest) {
  const auto& scene = Scene::get();
  const auto out = scene.set().folder() / "it's a sweep";
  const auto config =
      scene.set().write_config("sweep", distilled(scene.teacher(), out / "labels") + R"(
[sweep]
variant = "warm"
jobs = 2
seeds = [3]
[sweep.grid]
"loss.kl.temperature" = [1, 4]
"train.views" = [2]
"model.image.width" = [8, 12]
[[variant]]
name = "warm"
loss.kl.temperature = 2
loss.icl.weight = 0
)");
  const auto ranked = swept({config.string(), "train.steps=12", "sweep.out=" + out.string()});
  // Sizes differ, so that the teacher's score is beside those of the students.
  const auto teacher =
      printed({"eval", scene.teacher_run().string(), "--split", "val", "--threads", "1"});
  EXPECT_EQ(ranked.at("teacher_validation_recall@1"), teacher.at("metrics").at("mean/recall@1"));
  std::map<std::string, std::set<int64_t>> sizes;
  for (const auto& point : ranked.at("points")) {
    sizes[point.at("values").at("model.image.width")].insert(point.at("parameters").get<int64_t>());
    const auto run = point.at("runs")[0].at("folder").get<std::string>() + "/best";
    EXPECT_EQ(printed({"teacher", "info", run}).at("parameters_total"), point.at("parameters"));
  }
  ASSERT_EQ(sizes.size(), 2u);
  EXPECT_EQ(sizes["8"].size(), 1u);
  EXPECT_LT(*sizes["8"].begin(), *sizes["12"].begin());
  EXPECT_THAT(read_file(out / "sweep.html"), HasSubstr("<polyline class=\"front\""));
  auto command = ranked.at("command").get<std::string>();
  ASSERT_TRUE(command.starts_with("clipstill train ")) << command;
  command = CLIPSTILL_BINARY + command.substr(command.find(' '));
  const auto result = cli::run_program({"sh", "-c", command});
  ASSERT_EQ(result.exit_code, 0) << command << "\n" << result.err;
  const fs::path best = ranked.at("points")[0].at("runs")[0].at("folder").get<std::string>();
  EXPECT_TRUE(read_file(best / "best" / "model.safetensors") ==
              read_file(out / "best" / "best" / "model.safetensors"))
      << command;
  EXPECT_THAT(ranked.at("command"), HasSubstr("loss.icl.weight=0"));
}

TEST(Sweep, IsRefusedBeforeItTrains) {
  const TinySet set;
  const auto out = set.folder() / "refused";
  const std::vector<std::pair<std::string, std::string>> cases{
      {"[sweep.grid]\n\"train.lrr\" = [1e-4]\n", "did you mean train.lr?"},
      {"[sweep.grid]\n\"data.holdout\" = [\"flat\"]\n", "must not change data.holdout"},
      {"[sweep]\nvariant = \"natve\"\n[[variant]]\nname = \"native\"\n", "did you mean native?"},
      {"[sweep]\nseeeds = [1]\n", "did you mean sweep.seeds?"},
      {"[sweep]\nseeds = [1]\n", "grid of the sweep is empty"}};
  for (const auto& [grid, message] : cases) {
    const auto config = set.write_config("refused", native() + grid);
    const auto result = clipstill({"sweep", config.string(), "--sweep.out", out.string()});
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_THAT(result.err, HasSubstr(message));
  }
  const auto config =
      set.write_config("refused", native() + "[sweep.grid]\n\"train.lr\" = [1e-4]\n");
  const auto twice =
      clipstill({"sweep", config.string(), "--sweep.out", out.string(), "train.lr=1e-3"});
  EXPECT_EQ(twice.exit_code, 2);
  EXPECT_THAT(twice.err, HasSubstr("train.lr = 0.001, but it is an axis of the grid"));
  EXPECT_FALSE(fs::exists(out));
  const auto none =
      clipstill({"sweep", config.string(), "--sweep.out", out.string(), "data.validation_share=0"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("nothing to validate on"));
}

TEST(Sweep, GoesOnWithoutAPointThatDiverges) {
  const TinySet set;
  const auto config =
      set.write_config("diverging", native() + "[sweep.grid]\n\"train.lr\" = [10, 1e-3]\n");
  const auto out = set.folder() / "diverging";
  const auto result =
      clipstill({"sweep", config.string(), "sweep.out=" + out.string(), "train.weight_decay=10",
                 "train.clip_norm=0", "train.warmup=0", "--json"});
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_THAT(result.err,
              HasSubstr("1 of 2 runs failed and are in no number: train.lr=10 seed 1."));
  const auto ranked = json::parse(result.out);
  EXPECT_EQ(json::parse(read_file(out / "sweep.json")), ranked);
  EXPECT_EQ(ranked.at("points")[0].at("values").at("train.lr"), "0.001");
  EXPECT_THAT(ranked.at("points")[1].at("failed_runs")[0].at("reason"),
              HasSubstr("not finite at step"));
  EXPECT_THAT(ranked.at("command"), HasSubstr("train.lr=0.001"));
}

// The second of two points is there already, with other steps; the first is not trained for it.
TEST(Sweep, RefusesAFolderOfAnotherRunBeforeItTrains) {
  const TinySet set;
  const auto config =
      set.write_config("other", native() + "[sweep.grid]\n\"train.lr\" = [1e-4, 4e-3]\n").string();
  const auto out = set.folder() / "other", run = out / "train.lr=0.004-seed1";
  printed({"train", config, "--out", run.string(), "train.steps=2", "train.lr=4e-3"});
  const auto before = files_below(out);
  const auto result = clipstill({"sweep", config, "sweep.out=" + out.string(), "train.steps=3"});
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_THAT(result.err, HasSubstr(run.string() + ": made under another config"));
  EXPECT_THAT(result.err, HasSubstr("train.steps (the run has 2, 3 is asked for)"));
  EXPECT_TRUE(files_below(out) == before) << "something was written";
}

}  // namespace
}  // namespace clipstill::e2e
