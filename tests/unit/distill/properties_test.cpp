#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "batch.h"

namespace clipstill::distill {
namespace {

double sum_of(Loss& loss, const LossInput& in) {
  return loss.forward(in).sum.item<double>();
}

/// The student is the teacher.
LossInput agreeing_batch() {
  auto in = make_batch({0, 1, 2, 3, 4}, {4, 4}, 1);
  in.student_image = in.teacher_image.clone();
  in.student_text = in.teacher_text.clone();
  in.student_scale = torch::tensor(kTeacherScale, torch::kDouble);
  return in;
}

/// Two pairs whose image and text agree, orthogonal to each other.
LossInput two_pairs() {
  auto in = make_batch({0, 1}, {2, 2}, 1);
  in.student_image = torch::eye(2, torch::kDouble);
  in.student_text = in.student_image;
  in.teacher_image = torch::tensor({0.6, 0.8, 0.8, -0.6}, torch::kDouble).view({2, 2});
  in.teacher_text = in.teacher_image;
  return in;
}

TEST(Kl, IsZeroForTheTeacherItselfAndPositiveOtherwise) {
  for (const auto* temperature : {"1", "3"}) {
    const auto loss = make_loss("kl", {4, 4}, {std::string("loss.kl.temperature=") + temperature});
    EXPECT_NEAR(sum_of(*loss, agreeing_batch()), 0, 1e-12);
    auto scaled = agreeing_batch();
    scaled.student_scale = torch::tensor(kStudentScale, torch::kDouble);
    EXPECT_GT(sum_of(*loss, scaled), 1e-3);
    for (uint64_t seed = 1; seed < 6; ++seed) {
      EXPECT_GT(sum_of(*loss, make_batch({0, 1, 2}, {4, 4}, 10 * seed)), 1e-3);
    }
  }
}

TEST(Losses, AScaleOfTheirOwnComesBackFromItsLimit) {
  for (const auto* name : {"icl", "afd"}) {
    const auto loss = make_loss(name, {4, 4});
    auto log_scale = loss->named_parameters()["logit_scale"];
    const auto gradient = [&] {
      loss->zero_grad();
      loss->forward(make_batch({0, 1, 2}, {4, 4}, 3)).sum.backward();
      return std::abs(log_scale.grad().item<double>());
    };
    {
      const torch::NoGradGuard no_grad;
      log_scale.fill_(std::log(150.0));
    }
    EXPECT_EQ(gradient(), 0) << name;
    loss->after_step();
    EXPECT_NEAR(log_scale.item<double>(), std::log(100.0), 1e-12) << name;
    EXPECT_GT(gradient(), 1e-3) << name;
  }
}

TEST(Losses, OfEqualWeightsTheMeanIsThePlainMeanToTheBit) {
  for (const std::string name : {"kl", "fd"}) {
    auto in = make_batch({0, 1, 0, 2, 3}, {4, 4}, 7);
    for (auto* tensor : {&in.student_image, &in.student_text, &in.student_scale, &in.teacher_image,
                         &in.teacher_text, &in.targets, &in.text_targets}) {
      *tensor = tensor->to(torch::kFloat);
    }
    const auto sum = [&](const std::vector<std::string>& overrides) {
      const auto loss = make_loss(name, {4, 4}, overrides);
      loss->to(torch::kFloat);
      return loss->forward(in).sum.item<float>();
    };
    const float image = sum({"loss." + name + ".text_weight=0"});
    const float text = sum({"loss." + name + ".image_weight=0"});
    EXPECT_EQ(sum({}), (image + text) / 2) << name;
  }
}

TEST(Losses, WithoutAnythingLeftToLearnAreZero) {
  for (const std::string name : {"dkd", "gd", "similarity"}) {
    const auto loss = make_loss(name, {4, 4});
    EXPECT_NEAR(sum_of(*loss, agreeing_batch()), 0, 1e-12) << name;
    EXPECT_GT(sum_of(*loss, make_batch({0, 1, 2, 3, 4}, {4, 4}, 1)), 1e-3) << name;
  }
}

TEST(Fd, IsZeroForTheTeacherItselfAndAtMostFourAPair) {
  const auto loss = make_loss("fd", {4, 4});
  auto in = agreeing_batch();
  EXPECT_NEAR(sum_of(*loss, in), 0, 1e-12);
  in.student_image = -in.teacher_image;
  EXPECT_NEAR(sum_of(*loss, in), 5 * 4 / 2.0, 1e-9);  // images only
  in.student_text = -in.teacher_text;
  EXPECT_NEAR(sum_of(*loss, in), 5 * 4, 1e-9);
}

TEST(Fd, SumsOverHalvesAreTheSumOfTheWhole) {
  const auto loss = make_loss("fd", {4, 6});
  const auto whole = make_batch({0, 1, 2, 3, 4}, {4, 6}, 3);
  const auto part = [&](int64_t begin, int64_t length) {
    auto in = whole;
    for (auto* rows : {&in.student_image, &in.student_text, &in.teacher_image, &in.teacher_text}) {
      *rows = rows->narrow(0, begin, length);
    }
    return loss->forward(in);
  };
  const auto first = part(0, 2), second = part(2, 3), all = loss->forward(whole);
  EXPECT_NEAR((first.sum + second.sum).item<double>(), all.sum.item<double>(), 1e-12);
  EXPECT_EQ(first.count + second.count, all.count);
}

TEST(Ce, TwoOrthogonalPairsByHand) {
  // Both rows and both columns are (7.5, 0): -log softmax = log(1 + e^-7.5).
  EXPECT_NEAR(sum_of(*make_loss("ce", {2, 0}), two_pairs()), 2 * std::log1p(std::exp(-7.5)), 1e-12);
}

TEST(Icl, ComparesAcrossModalities) {
  // Student image x teacher text: rows (0.6, 0.8) and (0.8, -0.6), at a scale of 1 / 0.07.
  const double expected = std::log1p(std::exp(0.2 / 0.07)) + std::log1p(std::exp(1.4 / 0.07));
  EXPECT_NEAR(sum_of(*make_loss("icl", {2, 2}), two_pairs()), expected, 1e-4);
}

TEST(Style, WithoutAnotherImageOfALabelNothingCounts) {
  auto in = make_batch({0, 1, 2}, {4, 0}, 4);
  in.student_image.requires_grad_();
  const auto out = make_loss("style", {4, 0})->forward(in);
  EXPECT_EQ(out.sum.item<double>(), 0);
  EXPECT_EQ(out.count, 1);  // a mean divides by it
  out.sum.backward();
  EXPECT_EQ(in.student_image.grad().abs().max().item<double>(), 0);
}

TEST(Style, EqualImagesOfALabelCostLeast) {
  auto in = make_batch({0, 0, 1, 1}, {2, 0}, 5);
  in.student_image = torch::tensor({1, 0, 1, 0, 0, 1, 0, 1}, torch::kDouble).view({4, 2});
  // The partner at 1 / 0.1, two others at 0.
  EXPECT_NEAR(sum_of(*make_loss("style", {2, 0}), in), 4 * std::log1p(2 * std::exp(-10.0)), 1e-9);
}

TEST(Losses, LearnablePartsAreNamedParameters) {
  const auto names = [](const std::string& loss, const LossContext& widths) {
    std::vector<std::string> out;
    for (const auto& item : make_loss(loss, widths)->named_parameters()) {
      out.push_back(fmt::format("{}:{}", item.key(), item.value().numel()));
    }
    return out;
  };
  using testing::UnorderedElementsAre;
  for (const auto* loss : {"ce", "kl", "style", "dkd", "similarity"})
    EXPECT_THAT(names(loss, {4, 6}), testing::IsEmpty());
  EXPECT_THAT(names("fd", {4, 4}), testing::IsEmpty());
  EXPECT_THAT(names("fd", {4, 6}),
              UnorderedElementsAre("image.linear.weight:24", "text.linear.weight:24"));
  EXPECT_THAT(names("gd", {4, 4}), testing::IsEmpty());
  EXPECT_THAT(names("gd", {4, 6}),
              UnorderedElementsAre("image.linear.weight:24", "text.linear.weight:24"));
  EXPECT_THAT(names("afd", {4, 6}),
              UnorderedElementsAre("image.weight:40", "text.weight:40", "logit_scale:1"));
  EXPECT_THAT(names("icl", {4, 4}), UnorderedElementsAre("logit_scale:1"));
  EXPECT_THAT(names("icl", {4, 6}), UnorderedElementsAre("image.linear.weight:24",
                                                         "text.linear.weight:24", "logit_scale:1"));
}

TEST(Losses, RunInFloatAsTrainingDoes) {
  for (const auto& spec : make_loss_specs()) {
    auto in = make_batch({0, 1, 0, 2}, {4, 4}, 6);
    torch::manual_seed(1);  // of what a loss learns
    const double expected = sum_of(*make_loss(spec->name(), {4, 4}), in);
    for (auto* tensor : {&in.student_image, &in.student_text, &in.student_scale, &in.teacher_image,
                         &in.teacher_text, &in.targets, &in.text_targets}) {
      *tensor = tensor->to(torch::kFloat);
    }
    torch::manual_seed(1);
    const auto out = spec->make({4, 4})->forward(in);
    EXPECT_EQ(out.sum.dtype(), torch::kFloat) << spec->name();
    EXPECT_NEAR(out.sum.item<double>(), expected, 1e-4 * std::max(1.0, expected)) << spec->name();
  }
}

}  // namespace
}  // namespace clipstill::distill
