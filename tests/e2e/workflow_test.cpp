// The whole way of a user: teacher, soft labels, student, evaluation, comparison, report.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "core/options.h"
#include "run_folder.h"
#include "scene.h"

namespace clipstill::e2e {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json measured(const fs::path& model, const std::string& split = "test") {
  const auto& set = Scene::get().set();
  return printed({"eval", model.string(), "--data.path", (set.folder() / "pairs.csv").string(),
                  "--data.languages=en,zh", "--data.holdout", kHeldOut, "--data.templates",
                  R"(["en:a drawing of a {}", "zh:{}的图"])", "--data.validation_share=0.15",
                  "--split", split, "--threads=1"})
      .at("metrics");
}

TEST(Workflow, TrainReportsTheRunThatItLeaves) {
  const auto& scene = Scene::get();
  // Finished already: the command tells its result again and leaves every file as it is.
  const auto before = files_below(scene.student_run());
  const auto result =
      printed({"train", scene.student_config().string(), "--out", scene.student_run().string()});
  EXPECT_TRUE(files_below(scene.student_run()) == before);
  EXPECT_EQ(result.at("steps"), kSteps);
  EXPECT_EQ(result.at("model"), (scene.student_run() / "best").string());
  EXPECT_THAT(checkpoint_steps(scene.student_run()), testing::ElementsAre(28, 30));

  // The model that is kept is the last of those that validated best.
  double best = -1;
  int64_t best_step = 0;
  std::vector<int64_t> validated;
  for (const auto& entry : log_of(scene.student_run())) {
    if (!entry.contains("val/mean/recall@1")) continue;
    validated.push_back(entry.at("step"));
    if (entry.at("val/mean/recall@1") < best) continue;
    best = entry.at("val/mean/recall@1");
    best_step = entry.at("step");
  }
  EXPECT_THAT(validated, testing::ElementsAre(6, 12, 18, 24, 30));
  EXPECT_EQ(result.at("best_validation_recall@1"), best);
  EXPECT_EQ(result.at("best_step"), best_step);
}

TEST(Workflow, EvalOfARunTakesItsDataOptions) {
  const auto run = Scene::get().student_run();
  EXPECT_EQ(printed({"eval", run.string(), "--threads=1"}).at("metrics"), measured(run / "best"));
  const auto typed =
      printed({"eval", run.string(), "--threads=1", "--split=val", "--data.languages=zh"});
  EXPECT_EQ(typed.at("model"), (run / "best").string());
  const auto both = measured(run / "best", "val");
  EXPECT_EQ(typed.at("metrics").at("zh/image_to_text/recall@1"),
            both.at("zh/image_to_text/recall@1"));
  EXPECT_FALSE(typed.at("metrics").contains("en/image_to_text/recall@1"));
}

TEST(Workflow, TheLogHoldsEveryLoss) {
  for (const auto& entry : log_of(Scene::get().student_run())) {
    if (!entry.contains("loss")) continue;
    const double sum = entry.at("ce").get<double>() + entry.at("kl").get<double>() +
                       2 * entry.at("fd").get<double>() + 0.5 * entry.at("icl").get<double>();
    EXPECT_NEAR(entry.at("loss"), sum, 1e-4);
  }
}

TEST(Workflow, TrainingLearnsTheDrawings) {
  const auto metrics = measured(Scene::get().teacher(), "train");
  // 24 concepts: chance is 0.042.
  EXPECT_GT(metrics.at("mean/recall@1"), 0.15);
  EXPECT_GT(metrics.at("mean/recall@5"), metrics.at("mean/recall@1"));
}

TEST(Workflow, EmbeddingTwiceFindsTheCacheComplete) {
  const auto& scene = Scene::get();
  const auto before = files_below(scene.cache());
  const auto result = printed({"teacher", "embed", scene.student_config().string()});
  EXPECT_EQ(result.at("embedded"), 0);
  EXPECT_TRUE(files_below(scene.cache()) == before);
}

fs::path compared() {
  return Scene::get().set().folder() / "compared";
}

// Two variants, then `more` TOML.
fs::path comparison_config(const std::string& more = {}) {
  const auto& scene = Scene::get();
  return scene.set().write_config("compare", distilled(scene.teacher(), scene.cache()) + R"(
compare.seeds = [1, 2]
compare.out = ")" + compared().string() + R"("

[sweep.grid]  # not of a comparison
"train.lr" = [1e-3]

[[variant]]
name = "native"
description = "pairs alone"
loss.kl.weight = 0
loss.fd.weight = 0
loss.icl.weight = 0

[[variant]]
name = "distilled"
description = "soft labels"
)" + more);
}

// What may differ between two reports of the same runs.
json withoutprovenance(json report) {
  report.erase("provenance");
  return report;
}

// Of the teacher and the first seed of the last variant, which is the headline.
void expect_agreement_with_recall(const json& report) {
  const auto& teacher = report.at("teacher").at("runs")[0].at("metrics");
  const auto& student = report.at("variants").back().at("runs")[0].at("metrics");
  std::map<std::string, int> only_right{{"teacher", 0}, {"distilled", 0}};
  ASSERT_EQ(report.at("agreement").size(), 4u);
  for (const auto& here : report.at("agreement")) {
    const auto key = here.at("language").get<std::string>() + "/" +
                     here.at("direction").get<std::string>() + "/recall@1";
    const int both = here.at("both_right"), only_teacher = here.at("only_teacher_right"),
              only_student = here.at("only_student_right"), none = here.at("both_wrong");
    EXPECT_EQ(both + only_teacher + only_student + none, kConcepts);
    EXPECT_NEAR(teacher.at(key), (both + only_teacher) / double{kConcepts}, 1e-12);
    EXPECT_NEAR(student.at(key), (both + only_student) / double{kConcepts}, 1e-12);
    only_right["teacher"] += only_teacher;
    only_right["distilled"] += only_student;
  }
  // Up to four of each, answered by both models; whom they are shown for is right alone.
  const auto& examples = report.at("examples");
  size_t expected = 0;
  for (const auto& [name, queries] : only_right) {
    expected += 2 * static_cast<size_t>(std::min(queries, 4));
  }
  EXPECT_EQ(examples.size(), expected);
  for (const auto& example : examples) {
    EXPECT_EQ(example.at("neighbours")[0].at("correct"),
              example.at("only_right") == example.at("model"));
  }
}

// Of native and distilled, as the config has them.
void expect_losses(const json& report) {
  using Weights = std::map<std::string, double>;
  const auto weights = [](const json& of) {
    Weights by_name;
    for (const auto& [name, loss] : of.at("losses").items()) {
      EXPECT_EQ(loss.at("weight"), loss.at("final_weight"));
      by_name[name] = loss.at("weight");
    }
    return by_name;
  };
  const auto &native = report.at("variants")[0], &distilled = report.at("variants")[1];
  const Weights all{{"ce", 1}, {"kl", 1}, {"fd", 2}, {"icl", 0.5}};
  EXPECT_EQ(weights(native), (Weights{{"ce", 1}, {"kl", 0}, {"fd", 0}, {"icl", 0}}));
  EXPECT_EQ(weights(distilled), all);
  for (const auto& run : native.at("runs")) EXPECT_EQ(weights(run), (Weights{{"ce", 1}}));
  for (const auto& run : distilled.at("runs")) EXPECT_EQ(weights(run), all);
  const auto recall = [](const json& variant) {
    return variant.at("metrics").at("mean/recall@1").at("mean").get<double>();
  };
  EXPECT_NEAR(native.at("difference_to_headline").at("value").get<double>(),
              recall(native) - recall(distilled), 1e-6);
  EXPECT_TRUE(distilled.at("difference_to_headline").is_null());
}

// Of the teacher and of every run, in both languages: within what the quantities can be.
void expect_calibration(const json& report) {
  std::vector<json> runs{report.at("teacher").at("runs")[0]};
  for (const auto& variant : report.at("variants")) {
    runs.insert(runs.end(), variant.at("runs").begin(), variant.at("runs").end());
  }
  for (const auto& run : runs) {
    const std::map<std::string, double> values = run.at("calibration");
    ASSERT_EQ(values.size(), 12u);
    for (const std::string language : {"en/", "zh/"}) {
      EXPECT_GT(values.at(language + "scale"), 1);
      EXPECT_GT(values.at(language + "nll"), 0);
      for (const char* name : {"ece", "fitted_ece"}) {
        EXPECT_GE(values.at(language + name), 0);
        EXPECT_LE(values.at(language + name), 1);
      }
      // The search stops within a part in a thousand of the best temperature.
      EXPECT_LE(values.at(language + "fitted_nll"), values.at(language + "nll") + 1e-5);
    }
  }
}

// One for each shape. Each of the six colours of a shape asks as often as any other, so that the
// mean over categories is that of all.
void expect_categories(const json& report) {
  const std::map<std::string, int> sizes = report.at("categories");
  EXPECT_EQ(sizes,
            (std::map<std::string, int>{{"bar", 6}, {"cross", 6}, {"disc", 6}, {"square", 6}}));
  std::vector<json> models{report.at("teacher")};
  models.insert(models.end(), report.at("variants").begin(), report.at("variants").end());
  for (const auto& model : models) {
    for (const auto& run : model.at("runs")) {
      double sum = 0;
      for (const auto& [name, recall] : run.at("categories").items()) sum += recall.get<double>();
      EXPECT_NEAR(sum / 4, run.at("metrics").at("mean/recall@1").get<double>(), 1e-6);
    }
  }
}

TEST(Comparison, ReportsWhatItMeasuredAndDoesItOnce) {
  const auto out = compared();
  const StringList command{"compare", comparison_config().string(), "train.steps=12"};
  auto report = printed(command);
  ASSERT_TRUE(report.contains("variants"));
  EXPECT_EQ(json::parse(read_file(out / "report" / "report.json")), report);
  const std::string verdict = report.at("verdict").at("text");
  EXPECT_THAT(read_file(out / "report" / "report.md"), HasSubstr(verdict));
  EXPECT_THAT(read_file(out / "report" / "report.html"), HasSubstr("<svg"));

  EXPECT_EQ(report.at("teacher").at("runs")[0].at("metrics"), measured(Scene::get().teacher()));
  EXPECT_NE(report.at("data").get<std::string>().find("held-out domain outline"),
            std::string::npos);
  for (const auto& variant : report.at("variants")) {
    ASSERT_EQ(variant.at("runs").size(), 2u);
    for (const auto& run : variant.at("runs")) {
      const auto folder = out / (variant.at("name").get<std::string>() + "-seed" +
                                 std::to_string(run.at("seed").get<int>()));
      EXPECT_EQ(run.at("metrics"), measured(folder / "best")) << folder;
      EXPECT_EQ(run.at("steps"), 12);
    }
    EXPECT_LT(variant.at("total_parameters"), report.at("teacher").at("total_parameters"));
  }

  expect_agreement_with_recall(report);
  expect_losses(report);
  expect_calibration(report);
  expect_categories(report);

  auto before = files_below(out);
  const auto again = printed(command);
  EXPECT_EQ(withoutprovenance(again), withoutprovenance(report));
  auto after = files_below(out);
  for (const char* name : {"report/report.json", "report/report.md", "report/report.html"}) {
    before.erase(name);  // they tell the date
    after.erase(name);
  }
  EXPECT_TRUE(after == before) << "a finished run was touched";

  // Nor is it trained again where its checkpoints were removed to save room.
  for (const auto* run : {"native-seed1", "native-seed2", "distilled-seed1", "distilled-seed2"}) {
    fs::remove_all(out / run / "checkpoints");
  }
  EXPECT_EQ(withoutprovenance(printed(command)), withoutprovenance(report));
  EXPECT_FALSE(fs::exists(out / "native-seed1" / "checkpoints"));
}

TEST(Comparison, RunsSideBySideLeaveTheSameWeights) {
  const auto config = comparison_config().string();
  const auto weights = [&](const std::string& jobs) {
    const auto out = compared().string() + "-jobs" + jobs;
    // One thread for each run in both.
    const auto result = clipstill({"compare", config, "compare.out=" + out, "train.steps=12",
                                   "compare.jobs=" + jobs, "train.threads=" + jobs});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    std::vector<std::string> files;
    for (const auto* run : {"native-seed1", "native-seed2", "distilled-seed1", "distilled-seed2"}) {
      files.push_back(read_file(fs::path(out) / run / "best" / "model.safetensors"));
    }
    return files;
  };
  EXPECT_TRUE(weights("1") == weights("3"));
}

TEST(Comparison, TrainsAVariantAloneToTheSameWeights) {
  const auto config = comparison_config().string();
  const auto out = compared().string() + "-whole";
  const auto compare =
      clipstill({"compare", config, "compare.out=" + out, "train.steps=12", "compare.seeds=3"});
  ASSERT_EQ(compare.exit_code, 0) << compare.err;
  for (const std::string name : {"native", "distilled"}) {
    const auto alone = compared().string() + "-alone-" + name;
    const auto result = clipstill(
        {"train", config, "--variant", name, "--out", alone, "train.steps=12", "train.seed=3"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_TRUE(read_file(fs::path(alone) / "best" / "model.safetensors") ==
                read_file(fs::path(out) / (name + "-seed3") / "best" / "model.safetensors"))
        << name;
  }
  const auto unknown = clipstill({"train", config, "--variant", "destilled", "--out", out + "-no"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean distilled?"));
}

TEST(Comparison, IsRefusedBeforeItTrains) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"loss.kl.wieght = 1", "loss.kl.weight"},
      {"data.train_share = 0.5", "variants share the data, the tokenizer and the seeds"},
      {"tokenizer.vocabulary = 50", "tokenizer.vocabulary = 50"},
      {"name = \"native\"", "needs a name of its own"}};
  const auto out = compared().string() + "-refused";
  for (const auto& [line, message] : cases) {
    const auto name = line.starts_with("name") ? "" : "name = \"other\"\n";
    const auto config = comparison_config("\n[[variant]]\n" + std::string(name) + line + "\n");
    const auto result = clipstill({"compare", config.string(), "compare.out=" + out});
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_THAT(result.err, HasSubstr("compare.toml:"));
  }
  const auto headline = clipstill({"compare", comparison_config().string(), "compare.out=" + out,
                                   "compare.headline=destilled"});
  EXPECT_EQ(headline.exit_code, 2);
  EXPECT_THAT(headline.err, HasSubstr("did you mean distilled?"));
  const auto same = clipstill({"compare", comparison_config().string(), "compare.out=" + out,
                               "loss.kl.weight=1", "loss.fd.weight=2", "loss.icl.weight=0.5"});
  EXPECT_EQ(same.exit_code, 2);
  EXPECT_THAT(same.err,
              HasSubstr("loss.fd.weight, loss.icl.weight, loss.kl.weight on the command "
                        "line leaves the variants \"native\" and \"distilled\" the same"));
  EXPECT_FALSE(fs::exists(out));
}

// A file where the weights of a run shall go ends that run.
TEST(Comparison, GoesOnWithoutARunThatFails) {
  const auto config = comparison_config().string();
  const auto out = fs::path(compared().string() + "-failing");
  const StringList command{"compare", config, "compare.out=" + out.string(), "train.steps=2",
                           "--json"};
  make_folders(out / "distilled-seed1");
  write_file(out / "distilled-seed1" / "best", "");
  const auto result = clipstill(command);
  EXPECT_NE(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("1 of 4 runs failed and are in no number: distilled seed 1."));
  const auto report = json::parse(result.out);
  EXPECT_EQ(json::parse(read_file(out / "report" / "report.json")), report);
  const auto &native = report.at("variants")[0], &distilled = report.at("variants")[1];
  EXPECT_EQ(native.at("runs").size(), 2u);
  EXPECT_TRUE(native.at("failed_runs").empty());
  ASSERT_EQ(distilled.at("runs").size(), 1u);
  EXPECT_EQ(distilled.at("runs")[0].at("seed"), 2);
  ASSERT_EQ(distilled.at("failed_runs").size(), 1u);
  EXPECT_EQ(distilled.at("failed_runs")[0].at("seed"), 1);
  EXPECT_THAT(distilled.at("failed_runs")[0].at("reason"), HasSubstr("distilled-seed1/best"));
  EXPECT_THAT(report.at("verdict").at("text"), HasSubstr("only 1 of 2 came to their end"));
  // What is compared is the seed that both have.
  const auto recall = [](const json& run) {
    return run.at("metrics").at("mean/recall@1").get<double>();
  };
  const double difference = recall(native.at("runs")[1]) - recall(distilled.at("runs")[0]);
  EXPECT_NEAR(native.at("difference_to_headline").at("value"), difference, 1e-6);
  EXPECT_NEAR(distilled.at("gain").at("value"), -difference, 1e-6);

  fs::remove(out / "distilled-seed1" / "best");
  const auto again = clipstill(command);
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(json::parse(again.out).at("variants")[1].at("runs").size(), 2u);
}

TEST(Comparison, GoesOnWithoutAVariantThatDiverges) {
  const auto config = comparison_config(R"(
[[variant]]
name = "diverging"
train.lr = 10
train.weight_decay = 10
train.clip_norm = 0
train.warmup = 0
)");
  const auto out = fs::path(compared().string() + "-diverging");
  const auto result =
      clipstill({"compare", config.string(), "compare.out=" + out.string(), "compare.seeds=1",
                 "compare.variants=diverging,distilled", "compare.headline=diverging", "--json"});
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_THAT(result.err, HasSubstr("1 of 2 runs failed and are in no number: diverging seed 1."));
  const auto report = json::parse(result.out);
  EXPECT_EQ(report.at("variants")[0].at("runs").size(), 1u);
  EXPECT_THAT(report.at("variants")[1].at("failed_runs")[0].at("reason"),
              HasSubstr("not finite at step"));
  EXPECT_TRUE(report.at("variants")[0].at("difference_to_headline").is_null());
  EXPECT_THAT(report.at("verdict").at("text"), HasSubstr("diverging has no finished run"));
}

TEST(Comparison, ASignalStopsAllOfIt) {
  const auto out = fs::path(compared().string() + "-stopped");
  Child child(clipstill_words({"compare", comparison_config().string(),
                               "compare.out=" + out.string(), "train.steps=100000"}));
  child.run_until([&] { return !checkpoint_steps(out / "native-seed1").empty(); });
  child.send(SIGINT);
  const auto stopped = child.result();
  EXPECT_EQ(stopped.exit_code, 130) << stopped.err;
  EXPECT_FALSE(fs::exists(out / "distilled-seed1"));
  EXPECT_FALSE(fs::exists(out / "report"));
}

// The second run of the queue is there already, with other steps; the first is not trained for it.
TEST(Comparison, RefusesAFolderOfAnotherRunBeforeItTrains) {
  const auto config = comparison_config().string();
  const auto out = fs::path(compared().string() + "-other"), run = out / "distilled-seed1";
  printed({"train", config, "--variant", "distilled", "--out", run.string(), "train.steps=2"});
  const auto before = files_below(out);
  const auto result =
      clipstill({"compare", config, "compare.out=" + out.string(), "train.steps=3"});
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_THAT(result.err, HasSubstr(run.string() + ": made under another config"));
  EXPECT_THAT(result.err,
              HasSubstr("what differs: train.steps (the run has 2, 3 is asked for). Give"));
  EXPECT_TRUE(files_below(out) == before) << "something was written";
}

TEST(Train, PutsTheCommandLineAboveTheVariant) {
  const auto& scene = Scene::get();
  const auto config = scene.set().write_config("variant", native() + R"(
[[variant]]
name = "quick"
train.steps = 3
train.lr = 2e-3
)");
  const auto out = scene.set().folder() / "variant-run";
  printed({"train", config.string(), "--variant", "quick", "--out", out.string(), "train.steps=2"});
  const auto resolved = read_file(out / "config.toml");
  EXPECT_THAT(resolved, HasSubstr("\nsteps = 2\n"));
  EXPECT_THAT(resolved, HasSubstr("\nlr = 0.002\n"));
}

}  // namespace
}  // namespace clipstill::e2e
