#include <gtest/gtest.h>

#include "report/summary.h"
#include "sample.h"

namespace clipstill::report {
namespace {

Comparison with_retention(metrics::Interval retention) {
  Comparison comparison = sample_comparison();
  comparison.variants.back().retention = retention;
  return comparison;
}

TEST(Verdict, Met) {
  EXPECT_EQ(verdict(with_retention({0.9727, 0.9601, 0.9849})),
            "Budget met: combined keeps 97.3 % [96.0, 98.5] of the teacher's mean recall@1 (at "
            "least 95.0 % required: met) with 8.7 % of its parameters (at most 20.0 % allowed: "
            "met).");
}

TEST(Verdict, MetButUncertain) {
  const std::string text = verdict(with_retention({0.96, 0.94, 0.98}));
  EXPECT_TRUE(text.starts_with("Budget met: "));
  EXPECT_TRUE(text.ends_with("The lower end of the retention interval is below the requirement."));
}

TEST(Verdict, NotMetForItsRetention) {
  EXPECT_EQ(verdict(with_retention({0.931, 0.918, 0.944})),
            "Budget not met: combined keeps 93.1 % [91.8, 94.4] of the teacher's mean recall@1 "
            "(at least 95.0 % required: not met) with 8.7 % of its parameters (at most 20.0 % "
            "allowed: met).");
}

TEST(Verdict, NotMetForItsSize) {
  Comparison comparison = with_retention({0.9727, 0.9601, 0.9849});
  comparison.variants.back().parameters["image tower"] = 4'000'000;
  const Summary summary = summarise(comparison);
  EXPECT_EQ(summary.verdict.outcome, Outcome::kNotMet);
  EXPECT_TRUE(summary.verdict.retention_met);
  EXPECT_FALSE(summary.verdict.size_met);
  EXPECT_NE(summary.verdict.text().find("41.5 % of its parameters (at most 20.0 % allowed: not"),
            std::string::npos);
}

TEST(Verdict, ExactlyOnTheLimitsIsMet) {
  Comparison comparison = with_retention({0.95, 0.95, 0.97});
  comparison.teacher.parameters = {{"all", 1000}};
  comparison.variants.back().parameters = {{"all", 200}};
  EXPECT_EQ(summarise(comparison).verdict.outcome, Outcome::kMet);
}

TEST(Verdict, ANearMissIsNotRoundedIntoTheBudget) {
  const std::string text = verdict(with_retention({0.94996, 0.94, 0.96}));
  EXPECT_TRUE(text.starts_with("Budget not met: combined keeps 94.996 % [94.0, 96.0]")) << text;
}

TEST(Verdict, SaysWhatIsLacking) {
  EXPECT_EQ(verdict(empty_comparison()),
            "No verdict: combined has no finished run. The budget is at least 95.0 % retention "
            "with at most 20.0 % of the parameters.");

  Comparison comparison = sample_comparison();
  comparison.headline = "other";
  EXPECT_TRUE(verdict(comparison).starts_with("No verdict: there is no variant named other."));
  comparison.headline.clear();
  EXPECT_TRUE(verdict(comparison).starts_with("No verdict: no variant is named as the headline."));
  comparison.variants.clear();
  EXPECT_TRUE(verdict(comparison).starts_with("No verdict: no student was trained."));

  EXPECT_TRUE(verdict(with_retention({}))
                  .starts_with("No verdict: combined's retention was not measured."));
  comparison = sample_comparison();
  comparison.teacher.parameters.clear();
  EXPECT_TRUE(verdict(comparison)
                  .starts_with("No verdict: the size of combined or of the teacher is unknown."));
}

}  // namespace
}  // namespace clipstill::report
