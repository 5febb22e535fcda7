#include "metrics/calibration.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/random.h"

namespace clipstill::metrics {
namespace {

// The classes stand on the axes, so that the coordinates of an image are its scores.
struct Scores {
  std::vector<float> images, axes;
  std::vector<int64_t> labels, class_labels;

  explicit Scores(int64_t classes) {
    axes.assign(static_cast<size_t>(classes * classes), 0.0f);
    for (int64_t c = 0; c < classes; ++c) {
      axes[static_cast<size_t>(c * classes + c)] = 1;
      class_labels.push_back(10 + c);
    }
  }
  void add(std::vector<double> scores, int64_t label) {
    for (const double score : scores) images.push_back(static_cast<float>(score));
    labels.push_back(label);
  }
  Classification data() const {
    const auto classes = static_cast<int64_t>(class_labels.size());
    return {{images, static_cast<int64_t>(labels.size()), classes},
            labels,
            {axes, classes, classes},
            class_labels};
  }
};

// Four images that are surely of class 10 with probability 3/4; three of them are.
Scores three_in_four() {
  Scores scores(2);
  for (const int64_t label : {10, 10, 10, 11}) scores.add({std::log(3.0), 0}, label);
  return scores;
}

TEST(Calibration, ByHand) {
  const Scores scores = three_in_four();
  const auto true_to_it = calibration(scores.data(), 1);
  EXPECT_NEAR(true_to_it.ece, 0, 1e-6);
  EXPECT_NEAR(true_to_it.nll, -(3 * std::log(0.75) + std::log(0.25)) / 4, 1e-6);
  EXPECT_EQ(true_to_it.images, 4);
  const auto too_sure = calibration(scores.data(), 2);  // probabilities of 9/10
  EXPECT_NEAR(too_sure.ece, 0.9 - 0.75, 1e-6);
  EXPECT_NEAR(too_sure.nll, -(3 * std::log(0.9) + std::log(0.1)) / 4, 1e-6);
}

TEST(Calibration, ErrorsAddUpOverBinsAndCancelWithin) {
  Scores scores(2);
  const auto add = [&](double confidence, int64_t label) {
    scores.add({std::log(confidence / (1 - confidence)), 0}, label);
  };
  add(0.87, 10);  // right; with the next in (13/15, 14/15]
  add(0.93, 11);  // wrong
  EXPECT_NEAR(calibration(scores.data(), 1).ece, std::abs(0.13 - 0.93) / 2, 1e-6);
  add(0.94, 10);  // right, in (14/15, 1]
  add(0.58, 10);  // right, on its own in (8/15, 9/15]
  EXPECT_NEAR(calibration(scores.data(), 1).ece, (0.80 + 0.06 + 0.42) / 4, 1e-5);
}

TEST(Calibration, LeavesOutImagesWithoutAClassAndCountsTiesAgainstTheModel) {
  Scores scores(3);
  scores.add({1, 0, 0}, 99);
  EXPECT_EQ(calibration(scores.data(), 1).images, 0);
  EXPECT_EQ(calibration(scores.data(), 1).nll, 0);
  EXPECT_EQ(fit_temperature(scores.data(), 1), 1);
  scores.add({2, 2, -1000}, 10);  // half sure, and not right
  const auto tied = calibration(scores.data(), 1);
  EXPECT_EQ(tied.images, 1);
  EXPECT_NEAR(tied.ece, 0.5, 1e-6);
  EXPECT_NEAR(tied.nll, std::log(2), 1e-6);
}

TEST(Calibration, LargeScalesDoNotOverflow) {
  Scores scores(2);
  scores.add({1, -1}, 11);
  EXPECT_NEAR(calibration(scores.data(), 1e4).nll, 2e4, 1e-6);
  EXPECT_NEAR(calibration(scores.data(), 1e4).ece, 1, 1e-12);
}

TEST(FittedTemperature, MakesTheProbabilitiesOfOneGroupItsAccuracy) {
  const Scores scores = three_in_four();
  for (const double scale : {0.25, 1.0, 7.0}) {
    const double t = fit_temperature(scores.data(), scale);
    EXPECT_NEAR(t / scale, 1, 1e-3);
    EXPECT_NEAR(calibration(scores.data(), scale / t).ece, 0, 1e-3);
  }
}

TEST(FittedTemperature, StaysWithinItsRange) {
  Scores right(2);
  right.add({1, 0}, 10);
  EXPECT_NEAR(fit_temperature(right.data(), 1), kMinTemperature, 1e-4);
  Scores wrong(2);
  wrong.add({1, 0}, 11);
  EXPECT_NEAR(fit_temperature(wrong.data(), 1), kMaxTemperature, 1);
}

// Images whose labels are drawn from the probabilities at scale 1.
Scores drawn_from_their_probabilities(int images) {
  constexpr int kClasses = 6;
  Scores scores(kClasses);
  Rng rng{7};
  for (int i = 0; i < images; ++i) {
    std::vector<double> row;
    double sum = 0;
    for (int c = 0; c < kClasses; ++c) {
      row.push_back(6 * rng.uniform());
      sum += std::exp(row.back());
    }
    double left = rng.uniform() * sum;
    int64_t drawn = 0;
    while (drawn + 1 < kClasses && (left -= std::exp(row[static_cast<size_t>(drawn)])) > 0) {
      ++drawn;
    }
    scores.add(row, 10 + drawn);
  }
  return scores;
}

TEST(FittedTemperature, ProbabilitiesThatAreTrueNeedNoneAndScaledOnesTheScale) {
  const Scores scores = drawn_from_their_probabilities(20000);
  // Standard error of the accuracy of a bin: below 0.02, of all bins together far less.
  EXPECT_LT(calibration(scores.data(), 1).ece, 0.01);
  EXPECT_GT(calibration(scores.data(), 3).ece, 0.1);
  const double t = fit_temperature(scores.data(), 1);
  EXPECT_NEAR(t, 1, 0.03);
  for (const double c : {0.2, 3.0, 20.0}) {
    EXPECT_NEAR(fit_temperature(scores.data(), c) / c, t, 2e-3);
  }
}

TEST(Calibration, DoesNotDependOnTheThreads) {
  const Scores scores = drawn_from_their_probabilities(500);
  const auto one = calibration(scores.data(), 2, 1), three = calibration(scores.data(), 2, 3);
  EXPECT_EQ(one.nll, three.nll);
  EXPECT_EQ(one.ece, three.ece);
  EXPECT_EQ(fit_temperature(scores.data(), 2, 1), fit_temperature(scores.data(), 2, 3));
}

}  // namespace
}  // namespace clipstill::metrics
