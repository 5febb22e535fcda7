// Gradients against central differences, in double.
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "batch.h"

namespace clipstill::distill {
namespace {

constexpr double kStep = 1e-5;

void expect_gradient(Loss& loss, const LossInput& in, const std::string& name,
                     torch::Tensor variable, const torch::Tensor& gradient) {
  ASSERT_TRUE(gradient.defined()) << name;
  torch::NoGradGuard no_grad;
  auto* number = variable.data_ptr<double>();
  const auto analytic = nn::values(gradient);
  const auto value_at = [&](double& at, double value) {
    const double old = std::exchange(at, value);
    const double result = loss.forward(in).sum.item<double>();
    at = old;
    return result;
  };
  double largest = 0;
  for (size_t i = 0; i < analytic.size(); ++i) {
    const double up = value_at(number[i], number[i] + kStep);
    const double down = value_at(number[i], number[i] - kStep);
    const double numeric = (up - down) / (2 * kStep);
    EXPECT_NEAR(analytic[i], numeric, 1e-6 * std::max(1.0, std::abs(numeric))) << name << ' ' << i;
    largest = std::max(largest, std::abs(numeric));
  }
  EXPECT_GT(largest, 1e-4) << name << " has no effect";
}

struct Case {
  std::string name;
  LossContext widths;
  std::vector<std::string> moving;  // inputs that the loss trains
  std::vector<std::string> overrides;
};

class EveryLoss : public testing::TestWithParam<Case> {};

TEST_P(EveryLoss, GradientsAreThoseOfItsValue) {
  const auto& test = GetParam();
  auto in = make_batch({0, 1, 0, 2, 1, 3}, test.widths, 1);
  const auto loss = make_loss(test.name, test.widths, test.overrides);
  std::vector<std::pair<std::string, torch::Tensor>> variables{
      {"image", in.student_image}, {"text", in.student_text}, {"scale", in.student_scale}};
  for (auto& [name, tensor] : variables) tensor.requires_grad_();
  loss->forward(in).sum.backward();
  for (const auto& [name, tensor] : variables) {
    if (std::count(test.moving.begin(), test.moving.end(), name) == 0) {
      EXPECT_FALSE(tensor.grad().defined()) << name;
    } else {
      expect_gradient(*loss, in, name, tensor, tensor.grad());
    }
  }
  for (const auto& item : loss->named_parameters()) {
    expect_gradient(*loss, in, item.key(), item.value(), item.value().grad());
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, EveryLoss,
    testing::Values(Case{"ce", {4, 0}, {"image", "text", "scale"}, {}},
                    Case{"ce", {5, 0}, {"image", "text", "scale"}, {"loss.ce.hard_negatives=0.5"}},
                    Case{"style", {4, 0}, {"image"}, {}},
                    Case{"kl",
                         {4, 5},
                         {"image", "text", "scale"},
                         {"loss.kl.temperature=2", "loss.kl.image_weight=3"}},
                    Case{"fd", {4, 4}, {"image", "text"}, {}},
                    Case{"fd", {4, 6}, {"image", "text"}, {"loss.fd.text_weight=0.5"}},
                    Case{"icl", {4, 4}, {"image", "text"}, {}},
                    Case{"icl", {6, 4}, {"image", "text"}, {}},
                    Case{"dkd",
                         {4, 5},
                         {"image", "text", "scale"},
                         {"loss.dkd.temperature=2", "loss.dkd.alpha=0.5", "loss.dkd.beta=3"}},
                    Case{"gd", {4, 4}, {"image", "text", "scale"}, {}},
                    Case{"gd", {4, 6}, {"image", "text", "scale"}, {}},
                    Case{"similarity", {4, 6}, {"image", "text"}, {}},
                    Case{"afd", {4, 4}, {"image", "text"}, {}},
                    Case{"afd", {4, 6}, {"image", "text"}, {}}),
    [](const auto& test) {
      return fmt::format("{}_{}_{}", test.param.name, test.param.widths.student_dim,
                         test.param.widths.teacher_dim);
    });

TEST(KlGradient, DoesNotFadeWithTheTemperature) {
  // For large T the gradient tends to a limit that T does not change (Hinton et al. 2015).
  const auto gradient = [](const std::string& temperature) {
    auto in = make_batch({0, 1, 2, 3, 4}, {4, 4}, 2);
    in.student_image.requires_grad_();
    make_loss("kl", {4, 4}, {"loss.kl.temperature=" + temperature})->forward(in).sum.backward();
    return in.student_image.grad();
  };
  const auto at_200 = gradient("200"), at_800 = gradient("800");
  EXPECT_LT(nn::largest_difference(at_200, at_800), 0.05 * at_800.abs().max().item<double>());
  EXPECT_GT(at_800.abs().max().item<double>(), 0.01);
}

}  // namespace
}  // namespace clipstill::distill
