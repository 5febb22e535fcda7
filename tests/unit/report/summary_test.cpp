#include "report/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "report/table.h"
#include "sample.h"

namespace clipstill::report {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const ModelSummary& find(const Summary& summary, const std::string& name) {
  for (const ModelSummary& model : summary.models) {
    if (model.name == name) return model;
  }
  throw std::runtime_error("no model " + name);
}

TEST(Summary, AddsUpParametersAndTakesSharesOfTheTeacher) {
  const Summary summary = summarise(sample_comparison());
  EXPECT_EQ(summary.teacher().total_parameters, 10'684'928);
  EXPECT_DOUBLE_EQ(summary.teacher().parameter_share, 1);
  EXPECT_EQ(find(summary, "fd").total_parameters, 928'320);
  EXPECT_DOUBLE_EQ(find(summary, "fd").parameter_share, 928'320.0 / 10'684'928);
}

TEST(Summary, AveragesMetricsOverSeeds) {
  const Summary summary = summarise(sample_comparison());
  const Statistic recall = find(summary, "fd").metric("en/image_to_text/recall@1");
  EXPECT_NEAR(recall.mean, 0.607, 1e-12);
  EXPECT_NEAR(recall.sd, 0.006, 1e-12);  // seeds lie 0.006 apart
  EXPECT_EQ(recall.runs, 3);
  EXPECT_EQ(find(summary, "fd").metric("nothing").runs, 0);
}

TEST(Summary, KnowsNativeHeadlineAndSeeds) {
  const Summary summary = summarise(sample_comparison());
  ASSERT_NE(summary.native(), nullptr);
  EXPECT_EQ(summary.native()->name, "native");
  EXPECT_FALSE(summary.native()->gain.has_value());
  ASSERT_NE(summary.headline(), nullptr);
  EXPECT_EQ(summary.headline()->name, "combined");
  EXPECT_EQ(summary.seeds, (std::vector<int64_t>{1, 2, 3}));
  EXPECT_THAT(summary.missing, IsEmpty());
}

// Validation curves of three seeds at steps 100, 200, …, ten steps a second.
void set_curves(Variant& variant, const std::vector<std::vector<double>>& values_of_seed) {
  for (size_t i = 0; i < values_of_seed.size(); ++i) {
    Curve curve;
    for (const double value : values_of_seed[i]) {
      const int64_t step = 100 * static_cast<int64_t>(curve.size() + 1);
      curve.push_back({step, static_cast<double>(step) / 10, value});
    }
    variant.runs[i].curves["val/recall@1"] = curve;
  }
}

TEST(Summary, EachSeedReachesTheScoreOfNativesSameSeed) {
  Comparison comparison = sample_comparison();
  comparison.variants.resize(2);
  set_curves(comparison.variants[0],
             {{0.2, 0.3, 0.4, 0.40}, {0.2, 0.3, 0.4, 0.50}, {0.2, 0.3, 0.4, 0.60}});
  // With native's mean of 0.5 these would be 200, 200 and 200.
  set_curves(comparison.variants[1],
             {{0.40, 0.51, 0.6, 0.6}, {0.3, 0.51, 0.6, 0.6}, {0.3, 0.51, 0.59, 0.6}});
  const Summary summary = summarise(comparison);
  ASSERT_NE(summary.native_final(), nullptr);
  EXPECT_NEAR(summary.native_final()->value, 0.5, 1e-12);
  const NativeReach& reach = find(summary, "kl_t4").native_reach;
  ASSERT_EQ(reach.seeds.size(), 3u);
  EXPECT_EQ(reach.seeds[0].reached->step, 100);
  EXPECT_EQ(reach.seeds[1].reached->step, 200);
  EXPECT_EQ(reach.seeds[2].reached->step, 400);
  EXPECT_EQ(reach.seeds[2].seed, 3);
  EXPECT_DOUBLE_EQ(reach.seeds[2].reached->seconds, 40);
  EXPECT_NEAR(reach.step.mean, 700.0 / 3, 1e-9);
  EXPECT_NEAR(reach.share_of_steps.mean, (0.25 + 0.5 + 1) / 3, 1e-12);
  const Table table = training_table(summary);
  EXPECT_THAT(table.rows[1].cells, Contains("233"));
  EXPECT_THAT(table.rows[1].cells, Contains("58.3 ± 38.2"));
  EXPECT_THAT(
      native_reach_table(summary).rows[1].cells,
      ElementsAre("kl_t4", "100 (25.0 %, 10 s)", "200 (50.0 %, 20 s)", "400 (100.0 %, 40 s)"));
}

TEST(Summary, HasNoMeanOfStepsWhereASeedDoesNotReachNative) {
  Comparison comparison = sample_comparison();
  comparison.variants.resize(2);
  set_curves(comparison.variants[0], {{0.2, 0.4}, {0.2, 0.4}, {0.2, 0.4}});
  set_curves(comparison.variants[1], {{0.4, 0.4}, {0.2, 0.39}, {0.4, 0.4}});
  Summary summary = summarise(comparison);
  const NativeReach& reach = find(summary, "kl_t4").native_reach;
  EXPECT_EQ(reach.reached, 2);
  EXPECT_FALSE(reach.seeds[1].reached.has_value());
  EXPECT_TRUE(std::isnan(reach.share_of_steps.mean));
  EXPECT_THAT(training_table(summary).rows[1].cells, Contains("2 of 3 seeds"));
  EXPECT_EQ(native_reach_table(summary).rows[1].cells[2], "not reached");

  set_curves(comparison.variants[1], {{0.1, 0.39}, {0.2, 0.39}, {0.2, 0.3}});
  EXPECT_THAT(training_table(summarise(comparison)).rows[1].cells, Contains("not reached"));

  // A seed that native was not trained with is compared with nothing.
  comparison.variants[0].runs.resize(1);
  summary = summarise(comparison);
  EXPECT_EQ(find(summary, "kl_t4").native_reach.seeds.size(), 1u);
  EXPECT_EQ(native_reach_table(summary).rows[1].cells[2], "–");
}

TEST(Summary, NamesWhatIsMissing) {
  const auto missing = summarise(empty_comparison()).missing;
  EXPECT_THAT(missing, Contains("teacher (the teacher) was not evaluated."));
  EXPECT_THAT(missing, Contains("native has no finished run."));
  EXPECT_THAT(missing, Contains("The number of parameters of combined is unknown."));
  EXPECT_THAT(missing, Contains("There are no nearest-neighbour examples."));

  Comparison comparison = sample_comparison();
  comparison.variants.erase(comparison.variants.begin());
  comparison.variants[0].runs.resize(1);
  comparison.variants[1].runs[2].metrics["en/image_to_text/recall@1"] = std::nan("");
  comparison.variants[2].retention = {};
  for (RunResult& run : comparison.variants[3].runs) run.curves.clear();
  const auto others = summarise(comparison).missing;
  EXPECT_THAT(others, Contains(HasSubstr("kl_t4 was trained with one seed")));
  EXPECT_THAT(others, Contains(HasSubstr("fd has 1 metric or curve values")));
  EXPECT_THAT(others, Contains("The retention of icl was not given."));
  EXPECT_THAT(others, Contains("combined logged no val/recall@1 curve."));
  EXPECT_THAT(others, Contains(HasSubstr("No variant is named \"native\"")));
}

TEST(Summary, AFailedSeedIsToldWhereverItsVariantIs) {
  Comparison comparison = sample_comparison();
  Variant& headline = comparison.variants.back();
  headline.runs.erase(headline.runs.begin());
  headline.failed = {{1, ErrorCode::kBadData, "loss nan at step 7"}};
  const Summary summary = summarise(comparison);
  EXPECT_THAT(summary.missing, ElementsAre("combined with seed 1 failed and is in no number: loss "
                                           "nan at step 7"));
  EXPECT_THAT(summary.verdict.text(), HasSubstr("Of its runs only 2 of 3 came to their end."));
  EXPECT_THAT(summary_table(summary).rows.back().cells, Contains("60.8 ± 0.4 (2 of 3 seeds)"));
  EXPECT_EQ(training_table(summary).rows.back().cells[1], "2 of 3");
  EXPECT_EQ(training_table(summary).rows.front().cells[1], "3");
  EXPECT_THAT(text_table(comparison), HasSubstr("finished runs"));
  EXPECT_THAT(text_table(sample_comparison()), Not(HasSubstr("finished runs")));
  EXPECT_THAT(to_json(comparison), HasSubstr("\"reason\": \"loss nan at step 7\""));
}

TEST(Summary, WithoutNativeHasNoGains) {
  Comparison comparison = sample_comparison();
  comparison.variants.erase(comparison.variants.begin());
  const Summary summary = summarise(comparison);
  EXPECT_EQ(summary.native_final(), nullptr);
  for (const ModelSummary& model : summary.models) {
    EXPECT_FALSE(model.gain.has_value());
    EXPECT_TRUE(model.native_reach.seeds.empty());
  }
}

TEST(Tables, AreRectangular) {
  for (const Comparison& comparison : {sample_comparison(), empty_comparison(), Comparison{}}) {
    const Summary summary = summarise(comparison);
    std::vector<Table> tables = retrieval_tables(summary);
    for (Table& table : calibration_tables(summary)) tables.push_back(std::move(table));
    tables.push_back(summary_table(summary));
    tables.push_back(loss_table(summary));
    tables.push_back(parameter_table(summary));
    tables.push_back(training_table(summary));
    tables.push_back(native_reach_table(summary));
    tables.push_back(curve_table(summary, 12));
    for (const Table& table : tables) {
      for (const TableRow& row : table.rows) EXPECT_EQ(row.cells.size(), table.header.size());
    }
  }
}

TEST(Tables, LossesAreThoseThatAVariantUsesInTheOrderOfTheRuns) {
  const Table table = loss_table(summarise(sample_comparison()));
  EXPECT_THAT(table.header, ElementsAre("model", "ce", "kl", "fd", "icl", "mean recall@1 (%)",
                                        "difference to combined (points)"));
  ASSERT_EQ(table.rows.size(), 5u);
  EXPECT_THAT(table.rows[0].cells,
              ElementsAre("native", "1", "–", "–", "–", "53.1 ± 0.6", "−7.4 [−8.7, −6.2]"));
  EXPECT_THAT(table.rows[1].cells,
              ElementsAre("kl_t4", "0.5", "0.5", "–", "–", "56.8 ± 0.6", "−3.7 [−5.0, −2.5]"));
  EXPECT_THAT(table.rows[4].cells,
              ElementsAre("combined", "0.3", "0.5", "150", "1", "60.5 ± 0.6", "–"));
  EXPECT_TRUE(table.rows[4].highlighted);
}

TEST(Tables, SchedulesShowBothWeights) {
  Comparison comparison = sample_comparison();
  for (RunResult& run : comparison.variants[2].runs) {
    run.losses[0] = {.name = "ce", .first = 1, .last = 0.25};
    run.losses[4] = {.name = "icl", .first = 0, .last = 2, .start = 0.2, .end = 0.8};
  }
  const Table table = loss_table(summarise(comparison));
  EXPECT_EQ(table.rows[2].cells[1], "1 → 0.25");
  EXPECT_EQ(table.rows[2].cells[4], "0 → 2 (20–80 %)");
}

TEST(Tables, LossesThatTheSeedsWeighDifferentlyShowNoWeight) {
  Comparison comparison = sample_comparison();
  comparison.variants[1].runs[1].losses[2] = {.name = "kl", .first = 0.7, .last = 0.7};
  comparison.variants[1].runs[2].losses.erase(comparison.variants[1].runs[2].losses.begin() + 2);
  comparison.variants[3].runs[1].losses.clear();
  const Summary summary = summarise(comparison);
  const Table table = loss_table(summary);
  EXPECT_EQ(table.rows[1].cells[1], "0.5");
  EXPECT_EQ(table.rows[1].cells[2], "differs by seed");
  EXPECT_THAT(summary.missing,
              Contains("The runs of kl_t4 were trained with different weights of kl: 0.5 (seed 1), "
                       "0.7 (seed 2), – (seed 3)."));
  for (size_t loss = 1; loss <= 4; ++loss) EXPECT_EQ(table.rows[3].cells[loss], "not known");
  EXPECT_THAT(summary.missing, Contains("The losses that icl was trained with are not known."));
}

TEST(Tables, LossesNeedNoHeadline) {
  Comparison comparison = sample_comparison();
  comparison.headline = "";
  const Table table = loss_table(summarise(comparison));
  EXPECT_EQ(table.header.back(), "mean recall@1 (%)");
  EXPECT_EQ(table.rows[4].cells.back(), "60.5 ± 0.6");
}

TEST(Tables, CalibrationIsOfEveryModelByLanguage) {
  Comparison comparison = sample_comparison();
  comparison.variants[1].runs[0].calibration.clear();
  for (RunResult& run : comparison.variants[2].runs) run.calibration.clear();
  const auto tables = calibration_tables(summarise(comparison));
  ASSERT_EQ(tables.size(), 2u);
  EXPECT_EQ(tables[1].caption, "zh");
  const auto& rows = tables[0].rows;
  ASSERT_EQ(rows.size(), 6u);
  EXPECT_THAT(rows[0].cells,
              ElementsAre("emoji-teacher", "62.5", "12.2", "1.358", "1.68", "3.0", "1.108"));
  // Seeds of 0.545, 0.551 and 0.557; of the next, 0.588 and 0.594 alone.
  EXPECT_THAT(rows[1].cells, ElementsAre("native", "62.5 ± 0.0", "14.0 ± 0.1", "1.449 ± 0.006",
                                         "1.72 ± 0.00", "3.0 ± 0.0", "1.199 ± 0.006"));
  EXPECT_EQ(rows[2].cells[3], "1.409 ± 0.004");
  EXPECT_THAT(rows[3].cells, ElementsAre("fd", "–", "–", "–", "–", "–", "–"));
}

TEST(Tables, CalibrationThatWasNotMeasuredIsNamed) {
  Comparison comparison = sample_comparison();
  comparison.teacher.runs[0].calibration.clear();
  for (Variant& variant : comparison.variants) {
    for (RunResult& run : variant.runs) run.calibration.clear();
  }
  const Summary summary = summarise(comparison);
  EXPECT_THAT(calibration_tables(summary), IsEmpty());
  EXPECT_THAT(summary.missing, ElementsAre("The calibration on validation data was not measured."));
}

TEST(Tables, AgreementIsInQueriesAndTheirShares) {
  const Comparison comparison = sample_comparison();
  const Table table = agreement_table(comparison, summarise(comparison));
  EXPECT_THAT(table.header, ElementsAre("queries", "both right", "only emoji-teacher right",
                                        "only combined right", "both wrong"));
  EXPECT_THAT(table.rows[0].cells, ElementsAre("en, image → text", "1,200 (60.0 %)", "150 (7.5 %)",
                                               "50 (2.5 %)", "600 (30.0 %)"));
}

TEST(Tables, CurvesAreThinnedEvenlyAndEndWithTheLastStep) {
  const Table table = curve_table(summarise(sample_comparison()), 5);  // 20 evaluations
  std::vector<std::string> steps;
  for (const TableRow& row : table.rows) steps.push_back(row.cells[0]);
  EXPECT_EQ(steps, (std::vector<std::string>{"800", "1,600", "2,400", "3,200", "4,000"}));
}

}  // namespace
}  // namespace clipstill::report
