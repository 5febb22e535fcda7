#include "metrics/zero_shot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace clipstill::metrics {
namespace {

using testing::ElementsAre;
using testing::FloatNear;

TEST(ZeroShot, AClassIsTheNormalisedMeanOfItsPrompts) {
  // Class 0 from (1, 0) and (0, 1), class 1 from (0.6, 0.8) alone; class 2 cancels out.
  const std::vector<float> prompts{1, 0, 0.6f, 0.8f, 0, 1, 1, 0, -1, 0};
  const auto half = static_cast<float>(std::sqrt(0.5));
  EXPECT_THAT(class_embeddings({prompts, 5, 2}, {{10, 11, 12}, {0, 1, 0, 2, 2}}),
              ElementsAre(FloatNear(half, 1e-6f), FloatNear(half, 1e-6f), FloatNear(0.6f, 1e-6f),
                          FloatNear(0.8f, 1e-6f), 0, 0));
}

TEST(ZeroShot, AccuracyByHand) {
  const std::vector<float> prompts{1, 0, 0, 1};
  const ClassPrompts classes{{10, 11}, {0, 1}};
  // Right, wrong, right, and one whose label no class has.
  const std::vector<float> images{0.9f, 0.1f, 0.9f, 0.1f, 0.2f, 0.8f, 1, 0};
  const std::vector<int64_t> labels{10, 11, 11, 12};
  const auto accuracy = zero_shot({images, 4, 2}, labels, {prompts, 2, 2}, classes);
  EXPECT_DOUBLE_EQ(accuracy.top1, 2.0 / 3);
  EXPECT_DOUBLE_EQ(accuracy.top5, 1.0);
}

TEST(ZeroShot, TopFiveAndTies) {
  std::vector<float> prompts(49, 0.0f);
  ClassPrompts classes;
  for (int64_t c = 0; c < 7; ++c) {
    prompts[c * 7 + c] = 1;
    classes.labels.push_back(c);
    classes.class_of_prompt.push_back(c);
  }
  const std::vector<float> images{7, 6, 5, 4, 3, 2, 1,   // label 4 is fifth
                                  7, 6, 5, 4, 3, 2, 1,   // label 5 is sixth
                                  1, 1, 1, 1, 1, 0, 0,   // label 0 ties with four
                                  1, 1, 1, 1, 1, 1, 0};  // label 0 ties with five
  const std::vector<int64_t> labels{4, 5, 0, 0};
  const auto accuracy = zero_shot({images, 4, 7}, labels, {prompts, 7, 7}, classes);
  EXPECT_EQ(accuracy.top1, 0);
  EXPECT_EQ(accuracy.top5, 0.5);
}

}  // namespace
}  // namespace clipstill::metrics
