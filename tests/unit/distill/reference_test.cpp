// Each loss against its formula in plain loops.
#include <gtest/gtest.h>

#include "formulas.h"

namespace clipstill::distill {
namespace {

TEST(CeReference, IsTheSymmetricCrossEntropy) {
  for (const auto& labels : {kDistinct, kShared}) {
    const auto in = many_to_many(make_batch(labels, {4, 0}, 1));
    const Numbers x(in);
    const auto rows = logits(kStudentScale, x.image, x.text);
    const double sum =
        cross_entropy(rows, x.targets) + cross_entropy(transposed(rows), x.text_targets);
    expect_loss(*make_loss("ce", {4, 0}), in, sum / 2, static_cast<double>(labels.size()));
  }
}

TEST(KlReference, IsBothDirectionsTimesTheSquaredTemperature) {
  for (const double t : {1.0, 4.0, 0.5}) {
    for (const auto& widths : {kEqual, kUnequal}) {
      const auto in = make_batch(kShared, widths, 2);
      const Numbers x(in);
      const auto student = logits(kStudentScale / t, x.image, x.text);
      const auto teacher = logits(kTeacherScale / t, x.teacher_image, x.teacher_text);
      const double sum = kl(teacher, student) + kl(transposed(teacher), transposed(student));
      const auto loss = make_loss("kl", widths, {fmt::format("loss.kl.temperature={}", t)});
      expect_loss(*loss, in, t * t * sum / 2, 6);
    }
  }
}

TEST(KlReference, DirectionsHaveWeightsOfTheirOwn) {
  const auto in = make_batch(kShared, kUnequal, 2);
  const Numbers x(in);
  const auto student = logits(kStudentScale / 2, x.image, x.text);
  const auto teacher = logits(kTeacherScale / 2, x.teacher_image, x.teacher_text);
  const double image = kl(teacher, student), text = kl(transposed(teacher), transposed(student));
  ASSERT_GT(std::abs(image - text), 0.1);
  const auto with = [&](const std::string& image_weight, const std::string& text_weight) {
    return make_loss("kl", kUnequal,
                     {"loss.kl.temperature=2", "loss.kl.image_weight=" + image_weight,
                      "loss.kl.text_weight=" + text_weight});
  };
  expect_loss(*with("1", "0"), in, 4 * image, 6);
  expect_loss(*with("0", "0.5"), in, 4 * text, 6);
  expect_loss(*with("3", "1"), in, 4 * (3 * image + text) / 4, 6);
}

TEST(KlReference, TheTemperatureStartsAtOne) {
  const auto in = make_batch(kDistinct, kEqual, 3);
  const auto at_one = make_loss("kl", kEqual, {"loss.kl.temperature=1"});
  EXPECT_EQ(make_loss("kl", kEqual)->forward(in).sum.item<double>(),
            at_one->forward(in).sum.item<double>());
}

TEST(FdReference, IsTheSquaredDistanceAveragedOverTowers) {
  for (const auto& widths : {kEqual, kUnequal}) {
    const auto in = make_batch(kDistinct, widths, 4);
    const Numbers x(in);
    const auto loss = make_loss("fd", widths);
    const auto image = projected(*loss, "image", x.image);
    const auto text = projected(*loss, "text", x.text);
    double sum = 0;
    for (size_t i = 0; i < image.size(); ++i) {
      for (size_t c = 0; c < image[i].size(); ++c) {
        const double a = image[i][c] - x.teacher_image[i][c];
        const double b = text[i][c] - x.teacher_text[i][c];
        sum += (a * a + b * b) / 2;
      }
    }
    expect_loss(*loss, in, sum, 5);
  }
}

TEST(FdReference, TowersHaveWeightsOfTheirOwn) {
  const auto in = make_batch(kDistinct, kUnequal, 4);
  const auto loss = [&](const std::string& image_weight, const std::string& text_weight) {
    torch::manual_seed(1);  // of the projections
    return make_loss("fd", kUnequal,
                     {"loss.fd.image_weight=" + image_weight, "loss.fd.text_weight=" + text_weight})
        ->forward(in)
        .sum.item<double>();
  };
  const double image = loss("2", "0"), text = loss("0", "1");
  ASSERT_GT(std::abs(image - text), 0.01);
  EXPECT_DOUBLE_EQ(loss("1", "3"), (image + 3 * text) / 4);
  auto without_text = in;
  without_text.student_text = -in.student_text;
  torch::manual_seed(1);
  const auto image_alone = make_loss("fd", kUnequal, {"loss.fd.text_weight=0"});
  EXPECT_EQ(image_alone->forward(without_text).sum.item<double>(), image);
}

TEST(IclReference, IsStudentAgainstTeacherAcrossModalities) {
  for (const auto& widths : {kEqual, kUnequal}) {
    for (const auto& labels : {kDistinct, kShared}) {
      const auto in = many_to_many(make_batch(labels, widths, 5));
      const Numbers x(in);
      const auto loss = make_loss("icl", widths);
      const double scale = 14.285714285714286;  // 1 / 0.07
      const auto image = logits(scale, projected(*loss, "image", x.image), x.teacher_text);
      const auto text = logits(scale, projected(*loss, "text", x.text), x.teacher_image);
      const double sum = cross_entropy(image, x.targets) + cross_entropy(text, x.text_targets);
      // The scale is stored as a float logarithm.
      const auto out = loss->forward(in);
      EXPECT_NEAR(out.sum.item<double>(), sum / 2, 1e-6 * sum);
      EXPECT_EQ(out.count, static_cast<double>(labels.size()));
    }
  }
}

TEST(IclReference, ItsScaleIsClampedAtOneHundred) {
  const auto in = make_batch(kShared, kEqual, 6);
  const Numbers x(in);
  const auto loss = make_loss("icl", kEqual);
  const auto parameters = loss->named_parameters();
  for (const auto& [log_scale, scale] : {std::pair{0.0, 1.0}, {3.0, std::exp(3.0)}, {6.0, 100.0}}) {
    {
      torch::NoGradGuard no_grad;
      parameters["logit_scale"].fill_(log_scale);
    }
    const auto image = logits(scale, x.image, x.teacher_text);
    const auto text = logits(scale, x.text, x.teacher_image);
    const double sum = cross_entropy(image, x.targets) + cross_entropy(text, x.text_targets);
    expect_loss(*loss, in, sum / 2, 6);
  }
}

TEST(SimilarityReference, IsTheSquaredDifferenceOfCosinesWithinAModality) {
  for (const auto& widths : {kEqual, kUnequal}) {
    const auto in = make_batch(kDistinct, widths, 8);
    const Numbers x(in);
    const auto image = logits(1, x.image, x.image), text = logits(1, x.text, x.text);
    const auto teacher_image = logits(1, x.teacher_image, x.teacher_image);
    const auto teacher_text = logits(1, x.teacher_text, x.teacher_text);
    double sum = 0;
    for (size_t i = 0; i < 5; ++i) {
      for (size_t j = 0; j < 5; ++j) {
        sum += std::pow(image[i][j] - teacher_image[i][j], 2) / (2 * 5);
        sum += std::pow(text[i][j] - teacher_text[i][j], 2) / (2 * 5);
      }
    }
    expect_loss(*make_loss("similarity", widths), in, sum, 5);
  }
}

TEST(AfdReference, ContrastsTheFusedEmbeddings) {
  for (const auto& labels : {kDistinct, kShared}) {
    const auto in = many_to_many(make_batch(labels, kUnequal, 9));
    const Numbers x(in);
    const auto loss = make_loss("afd", kUnequal);
    const auto fused = [&](const std::string& name, const Matrix& student, const Matrix& teacher) {
      Matrix both = student;
      for (size_t i = 0; i < both.size(); ++i) {
        both[i].insert(both[i].end(), teacher[i].begin(), teacher[i].end());
      }
      const auto parameters = loss->named_parameters();
      return unit_length(logits(1, both, nn::matrix(parameters[name + ".weight"])));
    };
    const auto image = fused("image", x.image, x.teacher_image);
    const auto rows = logits(1 / 0.07, image, fused("text", x.text, x.teacher_text));
    ASSERT_EQ(image[0].size(), 4u);  // the student's width
    const double sum =
        cross_entropy(rows, x.targets) + cross_entropy(transposed(rows), x.text_targets);
    // The scale is stored as a float logarithm.
    const auto out = loss->forward(in);
    EXPECT_NEAR(out.sum.item<double>(), sum / 2, 1e-6 * sum);
    EXPECT_EQ(out.count, static_cast<double>(labels.size()));
  }
}

TEST(StyleReference, ContrastsImagesOfOneLabel) {
  for (const double t : {0.1, 0.7}) {
    const auto in = make_batch(kShared, {4, 0}, 7);
    const Numbers x(in);
    double sum = 0, rows = 0;
    for (size_t i = 0; i < kShared.size(); ++i) {
      double others = 0, positives = 0, log_likelihood = 0;
      const auto similarity = logits(1 / t, {x.image[i]}, x.image)[0];
      for (size_t j = 0; j < kShared.size(); ++j) {
        if (j != i) others += std::exp(similarity[j]);
      }
      for (size_t j = 0; j < kShared.size(); ++j) {
        if (j == i || kShared[j] != kShared[i]) continue;
        ++positives;
        log_likelihood += std::log(std::exp(similarity[j]) / others);
      }
      if (positives == 0) continue;
      ++rows;
      sum -= log_likelihood / positives;
    }
    ASSERT_EQ(rows, 5);
    const auto loss = make_loss("style", {4, 0}, {fmt::format("loss.style.temperature={}", t)});
    expect_loss(*loss, in, sum, rows);
  }
}

}  // namespace
}  // namespace clipstill::distill
