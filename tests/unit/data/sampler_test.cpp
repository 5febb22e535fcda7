#include "data/sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "../core/expect_error.h"

namespace clipstill::data {
namespace {

std::vector<int64_t> labels_of(int64_t samples, int64_t per_label) {
  std::vector<int64_t> labels;
  for (int64_t i = 0; i < samples; ++i) labels.push_back(i / per_label);
  return labels;
}

std::vector<int64_t> epoch_of(Sampler& sampler, int64_t epoch) {
  std::vector<int64_t> samples;
  for (int64_t i = 0; i < sampler.steps_per_epoch(); ++i) {
    const auto batch = sampler.batch(epoch * sampler.steps_per_epoch() + i);
    samples.insert(samples.end(), batch.begin(), batch.end());
  }
  return samples;
}

TEST(Sampler, AnEpochVisitsEverySampleAtMostOnce) {
  for (const int64_t per_label : {1, 2, 3}) {
    Sampler sampler(labels_of(23, 3), 5, per_label, 1);
    EXPECT_EQ(sampler.steps_per_epoch(), 4);
    std::set<int64_t> ever;
    for (int64_t epoch = 0; epoch < 20; ++epoch) {
      const auto samples = epoch_of(sampler, epoch);
      EXPECT_EQ(samples.size(), 20u);
      const std::set<int64_t> distinct(samples.begin(), samples.end());
      EXPECT_EQ(distinct.size(), samples.size());
      ever.insert(distinct.begin(), distinct.end());
    }
    EXPECT_EQ(ever.size(), 23u) << "a sample is always in the remainder";
    EXPECT_EQ(*ever.begin(), 0);
    EXPECT_EQ(*ever.rbegin(), 22);
  }
}

TEST(Sampler, TheOrderIsAFunctionOfSeedAndStep) {
  const auto labels = labels_of(40, 4);
  Sampler forwards(labels, 8, 2, 7), jumping(labels, 8, 2, 7), other(labels, 8, 2, 8);
  std::vector<std::vector<int64_t>> batches;
  for (int64_t step = 0; step < 30; ++step) batches.push_back(forwards.batch(step));
  for (int64_t step : {29, 3, 17, 3, 0, 28, 11}) EXPECT_EQ(jumping.batch(step), batches[step]);
  EXPECT_NE(other.batch(0), batches[0]);
  EXPECT_EQ(forwards.epoch(4), 0);
  EXPECT_EQ(forwards.epoch(5), 1);
}

TEST(Sampler, EpochsAreShuffledAnew) {
  Sampler sampler(labels_of(64, 1), 64, 1, 3);
  auto first = sampler.batch(0), second = sampler.batch(1);
  EXPECT_NE(first, second);
  EXPECT_FALSE(std::is_sorted(first.begin(), first.end()));
  std::sort(first.begin(), first.end());
  std::sort(second.begin(), second.end());
  EXPECT_EQ(first, second);
}

TEST(Sampler, KeepsSamplesOfALabelTogether) {
  const auto labels = labels_of(48, 4);
  Sampler sampler(labels, 8, 2, 5);
  for (int64_t step = 0; step < 12; ++step) {
    const auto batch = sampler.batch(step);
    std::map<int64_t, int> count;
    for (size_t i = 0; i < batch.size(); i += 2) {
      EXPECT_EQ(labels[batch[i]], labels[batch[i + 1]]);
      EXPECT_NE(batch[i], batch[i + 1]);
    }
  }
}

TEST(Sampler, EveryPlaceIsEquallyLikely) {
  // 6 samples in batches of 3: each is in the first batch of half the epochs.
  Sampler sampler(labels_of(6, 1), 3, 1, 11);
  std::map<int64_t, int> in_first;
  constexpr int kEpochs = 4000;
  for (int64_t epoch = 0; epoch < kEpochs; ++epoch) {
    for (const int64_t sample : sampler.batch(2 * epoch)) ++in_first[sample];
  }
  for (const auto& [sample, count] : in_first) EXPECT_NEAR(count, kEpochs / 2, 130) << sample;
}

TEST(Sampler, ABatchLargerThanTheDataIsRefused) {
  const auto labels = labels_of(7, 1);
  expect_error(ErrorCode::kUsage, {"train.batch is 8", "only 7"},
               [&] { Sampler(labels, 8, 1, 1); });
  EXPECT_EQ(Sampler(labels, 7, 1, 1).steps_per_epoch(), 1);
}

}  // namespace
}  // namespace clipstill::data
