#include "train/average.h"

#include <gtest/gtest.h>

#include "tiny_models.h"

namespace clipstill::train {
namespace {

TEST(WeightAverage, ByHand) {
  const auto live = torch::full({2}, 1.0);
  WeightAverage average({{"w", live}}, 0.9);
  EXPECT_TRUE(torch::equal(average.values().at("w"), live));
  live.fill_(2);
  average.update(0);  // decay min(0.9, 1 / 10): 0.1 x 1 + 0.9 x 2
  EXPECT_NEAR(average.values().at("w")[0].item<double>(), 1.9, 1e-6);
  live.fill_(3);
  average.update(8);  // decay 9 / 18: (1.9 + 3) / 2
  EXPECT_NEAR(average.values().at("w")[1].item<double>(), 2.45, 1e-6);
  live.fill_(1);
  average.update(1000);  // decay 0.9: 0.9 x 2.45 + 0.1
  EXPECT_NEAR(average.values().at("w")[0].item<double>(), 2.305, 1e-6);
  EXPECT_TRUE(torch::equal(live, torch::ones({2}))) << "the live weights were touched";
}

TEST(WeightAverage, ADecayOfZeroIsACopy) {
  const auto live = torch::randn({3});
  WeightAverage average({{"w", live}}, 0);
  live.add_(0.1);
  average.update(500);
  EXPECT_TRUE(torch::equal(average.values().at("w"), live));
}

TEST(UseAverage, PutsTheTrainedWeightsBack) {
  const auto data = tiny_data();
  const auto model = tiny_model(data, 1), other = tiny_model(data, 2);
  const auto live = named_tensors(*model.network);
  const auto trained = copy_of(live), average = copy_of(named_tensors(*other.network));
  {
    const UseAverage use(live, average);
    expect_same(named_tensors(*model.network), average);
  }
  expect_same(named_tensors(*model.network), trained);
  EXPECT_TRUE(model.network->parameters().front().requires_grad());
}

TEST(UseAverage, AlsoWhenEvaluationThrows) {
  const auto live = torch::ones({2});
  const NamedTensors tensors{{"w", live}}, average{{"w", torch::zeros({2})}};
  try {
    const UseAverage use(tensors, average);
    throw std::runtime_error("evaluation failed");
  } catch (const std::runtime_error&) {
  }
  EXPECT_TRUE(torch::equal(live, torch::ones({2})));
}

}  // namespace
}  // namespace clipstill::train
