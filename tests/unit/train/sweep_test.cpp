// The points of a grid, and the ranking as files; sweeping itself is tested end to end.
#include "train/sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "../core/expect_error.h"
#include "../core/scratch_folder.h"
#include "core/files.h"
#include "train/sweep_points.h"

namespace clipstill::train {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Grid : public testing::Test {
 protected:
  std::vector<GridPoint> points(const std::string& grid) {
    write_file(path(), "[sweep]\nout = \"x\"\n[sweep.grid]\n" + grid);
    return grid_points(base_, read_option_grid(path(), "sweep.grid"));
  }
  void expect_refused(const std::string& grid, std::vector<std::string> words) {
    words.push_back(path().string());
    expect_error(ErrorCode::kUsage, words, [&] { points(grid); });
  }
  fs::path path() const { return scratch_ / "sweep.toml"; }

  RunConfig base_;
  ScratchFolder scratch_;
};

StringList names(const std::vector<GridPoint>& points) {
  StringList all;
  for (const auto& point : points) all.push_back(point.name);
  return all;
}

TEST_F(Grid, IsTheProductInTheOrderOfTheFile) {
  base_.train.steps = 77;
  const auto all = points("\"train.warmup\" = [3, 5]\ntrain.lr = [1e-3, 4e-3, 2]\n");
  EXPECT_THAT(names(all),
              ElementsAre("train.warmup=3 train.lr=0.001", "train.warmup=3 train.lr=0.004",
                          "train.warmup=3 train.lr=2", "train.warmup=5 train.lr=0.001",
                          "train.warmup=5 train.lr=0.004", "train.warmup=5 train.lr=2"));
  EXPECT_EQ(all[4].config->train.warmup, 5);
  EXPECT_EQ(all[4].config->train.lr, 4e-3);
  EXPECT_EQ(all[4].config->train.steps, 77);
  EXPECT_EQ(all[4].folder, "train.warmup=5,train.lr=0.004");
  EXPECT_THAT(all[4].values, ElementsAre("5", "0.004"));
}

TEST_F(Grid, FoldersAreApartAndFitForAFileSystem) {
  const auto all = points(
      "\"model.image.blocks\" = [[1, 1], [1, 2]]\n\"teacher.folder\" = [\"a/b\", \"a_b\", \"a b\", "
      "\"../x\"]\n");
  std::set<std::string> folders;
  for (const auto& point : all) {
    folders.insert(point.folder);
    EXPECT_THAT(point.folder, testing::Not(HasSubstr("/")));
    EXPECT_LT(point.folder.size(), 200u);
  }
  EXPECT_EQ(folders.size(), 8u);
  EXPECT_EQ(all[7].config->model.image.blocks, (NumberList{1, 2}));
}

TEST_F(Grid, PointsWithOtherSoftLabelsHaveCachesOfTheirOwn) {
  base_.teacher.cache = "labels";
  auto all = points("\"train.lr\" = [1e-3, 2e-3]\n\"train.views\" = [2, 4]\n");
  EXPECT_EQ(all[0].config->teacher.cache, "labels-train.views=2");
  EXPECT_EQ(all[1].config->teacher.cache, "labels-train.views=4");
  EXPECT_EQ(all[2].config->teacher.cache, "labels-train.views=2");
  all = points("\"train.lr\" = [1e-3, 2e-3]\n");
  EXPECT_EQ(all[1].config->teacher.cache, "labels");
  // Those of further teachers are apart by themselves, and their weights change no label.
  all = points("\"teacher.others\" = [[\"a\"], [\"a\", \"b\"]]\n");
  EXPECT_EQ(all[1].config->teacher.others, (StringList{"a", "b"}));
  EXPECT_EQ(all[1].config->teacher.cache, "labels");
}

TEST_F(Grid, IsRefusedWhereItCannotBeMeant) {
  expect_refused("\"loss.kl.temprature\" = [1, 2]\n",
                 {":4", "loss.kl.temprature", "did you mean loss.kl.temperature?"});
  expect_refused("\"train.lr\" = [1e-3, 11]\n", {":4", "train.lr must be from 0 to 10, found 11"});
  expect_refused("\"train.lr\" = 1e-3\n", {":4", "train.lr", "list"});
  expect_refused("\"train.lr\" = []\n", {":4", "train.lr has no values"});
  expect_refused("\"train.lr\" = [1e-3, 0.001]\n", {"are the same"});
  expect_refused("\"data.train_share\" = [0.5, 1]\n", {":4", "must not change data.train_share"});
  expect_refused("\"tokenizer.vocabulary\" = [50]\n", {"must not change tokenizer.vocabulary"});
  expect_refused("\"train.seed\" = [1, 2]\n", {"must not change train.seed", "sweep.seeds"});
  expect_refused("\"loss.kl.temperature\" = [1, 2]\n", {":4", "loss.kl.weight is 0"});
  std::string many;
  for (int i = 1; i <= 40; ++i) many += std::to_string(i) + ",";
  expect_refused("\"train.batch\" = [" + many + "]\n\"train.steps\" = [" + many + "]\n",
                 {"more than 1000 points"});
  expect_error(ErrorCode::kUsage, {"grid of the sweep is empty", "[sweep.grid]"},
               [&] { points(""); });
  write_file(path(), "[sweep]\ngrid = [1]\n");
  expect_error(ErrorCode::kUsage, {path().string() + ":2", "sweep.grid", "[sweep.grid]"},
               [&] { read_option_grid(path(), "sweep.grid"); });
}

TEST_F(Grid, ALossThatIsOnAtOnePointMayBeSwept) {
  EXPECT_EQ(points("\"loss.kl.temperature\" = [1, 2]\n\"loss.kl.weight\" = [0, 1]\n").size(), 4u);
}

TEST(SweepFiles, TellWhatFailedAndWhy) {
  Sweep sweep;
  sweep.keys = {"train.lr"};
  sweep.points.resize(2);
  sweep.points[0] = {.name = "train.lr=0.1",
                     .values = {"0.1"},
                     .runs = {{2, "out/a-seed2", 0.5, 900}},
                     .failed = {{1, ErrorCode::kBadData, "loss nan at step 7"}},
                     .score = report::describe(std::vector<double>{0.5})};
  sweep.points[1] = {.name = "train.lr=9",
                     .values = {"9"},
                     .runs = {},
                     .failed = {{1, ErrorCode::kResource, "no *room*"},
                                {2, ErrorCode::kBadData, "loss nan at step 3"}},
                     .score = {}};
  const std::string markdown = to_markdown(sweep);
  EXPECT_THAT(markdown, HasSubstr("| 1 | `0.1` | 50.0 (1 of 2 seeds) | 900 |\n"));
  EXPECT_THAT(markdown, HasSubstr("| 2 | `9` | – (0 of 2 seeds) |  |\n"));
  EXPECT_THAT(markdown, HasSubstr("`train.lr=0.1` with seed 1 failed and is in no number: loss nan "
                                  "at step 7\n"));
  EXPECT_THAT(markdown, HasSubstr("no \\*room\\*"));
  EXPECT_THAT(markdown, HasSubstr("No run came to its end."));  // there is no command
  const auto json = nlohmann::json::parse(to_json(sweep));
  EXPECT_EQ(json.at("points")[0].at("failed_runs")[0].at("seed"), 1);
  EXPECT_EQ(json.at("points")[0].at("failed_runs")[0].at("reason"), "loss nan at step 7");
  EXPECT_TRUE(json.at("points")[1].at("validation_recall@1").at("mean").is_null());
  expect_error(ErrorCode::kBadData,
               {"3 of 4 runs failed", "train.lr=0.1 seed 1, train.lr=9 seed 1, train.lr=9 seed 2"},
               [&] { require_none_failed(sweep); });
  sweep.points.resize(1);
  sweep.points[0].failed.clear();
  require_none_failed(sweep);
}

// The larger of two that score the same is not on the front, and so has no label.
TEST(SweepFiles, TellWhatSizeIsWorth) {
  Sweep sweep;
  sweep.config = "my <own>.toml";
  sweep.keys = {"model.image.width"};
  const auto point = [](const std::string& width, double score, int64_t parameters) {
    SweepPoint made;
    made.name = "model.image.width=" + width;
    made.values = {width};
    made.runs = {{1, "out/seed1", score, 900}};
    made.score = report::describe(std::vector<double>{score});
    made.parameters = parameters;
    return made;
  };
  sweep.points = {point("16", 0.5, 1'000'000), point("24", 0.5, 2'000'000),
                  point("8", 0.25, 500'000)};
  sweep.points.push_back({.name = "model.image.width=9",
                          .values = {"9"},
                          .runs = {},
                          .failed = {{1, ErrorCode::kBadData, "loss <nan>"}},
                          .score = {},
                          .parameters = 600'000});
  sweep.teacher_score = 0.75;
  EXPECT_THAT(to_markdown(sweep), HasSubstr("| 1 | `16` | 1,000,000 | 50.0 | 900 |\n"));
  const auto json = nlohmann::json::parse(to_json(sweep));
  EXPECT_EQ(json.at("points")[2].at("parameters"), 500'000);
  EXPECT_EQ(json.at("teacher_validation_recall@1"), 0.75);
  const std::string page = to_html(sweep);
  EXPECT_THAT(page, HasSubstr("teacher&#39;s score 75.0 %"));
  EXPECT_THAT(page, HasSubstr("my &lt;own&gt;.toml"));
  EXPECT_THAT(page, HasSubstr("loss &lt;nan&gt;"));
  EXPECT_THAT(page, testing::ContainsRegex("<text class=\"label\"[^>]*>1</text>"));
  EXPECT_THAT(page, testing::Not(testing::ContainsRegex("<text class=\"label\"[^>]*>2</text>")));
  EXPECT_THAT(page, testing::ContainsRegex("<text class=\"label\"[^>]*>3</text>"));
  EXPECT_THAT(page, HasSubstr("<polyline class=\"front\""));

  for (auto& one : sweep.points) one.parameters = 500'000;
  EXPECT_THAT(to_html(sweep), testing::Not(HasSubstr("<svg")));
  EXPECT_THAT(to_markdown(sweep), HasSubstr("| 1 | `16` | 50.0 | 900 |\n"));
}

TEST(SweepFiles, TellValuesScoresAndSpread) {
  Sweep sweep;
  sweep.config = "my.toml";
  sweep.keys = {"train.lr", "loss.kl.temperature"};
  sweep.points.resize(2);
  sweep.points[0].values = {"0.004", "2"};
  sweep.points[0].runs = {{1, "out/a-seed1", 0.625, 1200}, {2, "out/a-seed2", 0.5, 900}};
  sweep.points[0].score = report::describe(std::vector<double>{0.625, 0.5});
  sweep.points[1].values = {"0.001", "2"};
  sweep.points[1].runs = {{1, "out/b-seed1", 0.25, 30}};
  sweep.points[1].score = report::describe(std::vector<double>{0.25});
  sweep.command = "clipstill train my.toml";
  const std::string markdown = to_markdown(sweep);
  EXPECT_THAT(markdown, HasSubstr("| 1 | `0.004` | `2` | 56.2 ± 8.8 | 1,200; 900 |\n"));
  EXPECT_THAT(markdown, HasSubstr("| 2 | `0.001` | `2` | 25.0 | 30 |\n"));
  EXPECT_THAT(markdown, HasSubstr("The test data was not looked at."));
  EXPECT_THAT(markdown, HasSubstr("\n    clipstill train my.toml\n"));
  const auto json = nlohmann::json::parse(to_json(sweep));
  const auto& best = json.at("points")[0];
  EXPECT_EQ(best.at("values").at("loss.kl.temperature"), "2");
  EXPECT_EQ(best.at("validation_recall@1").at("mean"), 0.5625);
  EXPECT_NEAR(best.at("validation_recall@1").at("sd"), 0.0883883, 1e-6);
  EXPECT_EQ(best.at("runs")[1].at("folder"), "out/a-seed2");
  EXPECT_EQ(best.at("runs")[1].at("best_step"), 900);
  EXPECT_TRUE(json.at("points")[1].at("validation_recall@1").at("sd").is_null());
}

}  // namespace
}  // namespace clipstill::train
