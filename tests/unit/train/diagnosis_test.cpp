// Each sign of a student that does not learn, and its healthy neighbour: fed with numbers.
#include "train/diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <functional>

namespace clipstill::train {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr double kGuessing = 3.4657359027997265;  // log 32
const DiagnosisOptions kRun{/*warmup=*/50, /*steps=*/2000, /*initial_scale=*/14, /*max_scale=*/100};

/// A step of a student that learns from 32 different pairs.
StepSigns healthy(int64_t step) {
  StepSigns signs;
  signs.step = step;
  signs.batch = signs.labels = signs.texts = 32;
  signs.cross_entropy = 0.9 * kGuessing;
  signs.logit_scale = 30;
  if (step % 20 == 0) signs.image_cosine = signs.text_cosine = 0.8;
  signs.teacher_recall = 0.6;
  signs.chance_recall = 1.0 / 32;
  signs.seconds = 1;
  signs.seconds_waited = 0.02;
  return signs;
}

using Change = std::function<void(StepSigns&)>;

/// "sign@step" of every warning over `steps` steps, each healthy but for the change.
std::vector<std::string> signs_in(const DiagnosisOptions& options, int64_t steps,
                                  const Change& change, bool resumed_every_step = false) {
  Diagnosis diagnosis(options);
  std::vector<std::string> found;
  for (int64_t step = 1; step <= steps; ++step) {
    auto signs = healthy(step);
    change(signs);
    if (resumed_every_step) diagnosis = Diagnosis(options, diagnosis.state());
    for (const auto& warning : diagnosis.observe(signs)) {
      EXPECT_FALSE(warning.message.empty());
      found.push_back(fmt::format("{}@{}", warning.sign, step));
    }
  }
  return found;
}

std::vector<std::string> signs_in(int64_t steps, const Change& change) {
  return signs_in(kRun, steps, change);
}

TEST(Diagnosis, AHealthyRunIsSilent) {
  EXPECT_THAT(signs_in(2000, [](StepSigns&) {}), IsEmpty());
}

TEST(Diagnosis, ALossNearChanceIsToldOnceTheRateHasRisen) {
  const auto at = [](double share) {
    return [=](StepSigns& s) { s.cross_entropy = share * kGuessing; };
  };
  EXPECT_THAT(signs_in(1000, at(0.99)), ElementsAre("near_chance@200"));
  EXPECT_THAT(signs_in(1000, at(1.5)), ElementsAre("near_chance@200"));
  EXPECT_THAT(signs_in(1000, at(0.97)), IsEmpty());
  auto slow = kRun;
  slow.warmup = 300;
  EXPECT_THAT(signs_in(slow, 1000, at(1)), ElementsAre("near_chance@400"));
  // Later in the run: it has come back to chance.
  EXPECT_THAT(signs_in(1000,
                       [](StepSigns& s) {
                         if (s.step > 400) s.cross_entropy = kGuessing;
                       }),
              ElementsAre("near_chance@500"));
}

TEST(Diagnosis, ALossThatScattersOrFallsIsNoSign) {
  EXPECT_THAT(
      signs_in(1000,
               [](StepSigns& s) { s.cross_entropy = (s.step % 2 == 0 ? 1.1 : 0.84) * kGuessing; }),
      IsEmpty());
  EXPECT_THAT(signs_in(1000,
                       [](StepSigns& s) {
                         s.cross_entropy = s.step < 150 ? 1.2 * kGuessing : 0.7 * kGuessing;
                       }),
              IsEmpty());
  EXPECT_THAT(signs_in(1000, [](StepSigns& s) { s.cross_entropy = NAN; }), IsEmpty());
}

TEST(Diagnosis, CollapsedEmbeddingsAreToldByTower) {
  const auto at = [](double image, double text) {
    return [=](StepSigns& s) {
      if (std::isnan(s.image_cosine)) return;
      s.image_cosine = image;
      s.text_cosine = text;
    };
  };
  // Inspected at 60, 80, 100, 120 and 140, after a warm-up of 50.
  EXPECT_THAT(signs_in(500, at(0.99, 0.5)), ElementsAre("collapsed_images@140"));
  EXPECT_THAT(signs_in(500, at(0.5, 0.99)), ElementsAre("collapsed_texts@140"));
  EXPECT_THAT(signs_in(500, at(0.97, 0.97)), IsEmpty());
  EXPECT_THAT(signs_in(500,
                       [](StepSigns& s) {  // never five times in a row
                         if (s.step % 20 == 0 && s.step % 100 != 0) s.image_cosine = 0.99;
                       }),
              IsEmpty());
}

TEST(Diagnosis, AScaleAtItsClampIsASignInTheFirstHalf) {
  const auto pinned_from = [](int64_t step) {
    return [=](StepSigns& s) { s.logit_scale = s.step >= step ? 100 : 30; };
  };
  EXPECT_THAT(signs_in(2000, pinned_from(11)), ElementsAre("pinned_scale@210"));
  EXPECT_THAT(signs_in(2000, pinned_from(801)), ElementsAre("pinned_scale@1000"));
  EXPECT_THAT(signs_in(2000, pinned_from(802)), IsEmpty());
  EXPECT_THAT(signs_in(2000, [](StepSigns& s) { s.logit_scale = 99.8; }), IsEmpty());
  EXPECT_THAT(signs_in(2000, [](StepSigns& s) { s.logit_scale = s.step % 150 == 0 ? 90 : 100; }),
              IsEmpty());
  auto fixed = kRun;
  fixed.initial_scale = 100;  // as its user wants it
  EXPECT_THAT(signs_in(fixed, 2000, pinned_from(1)), IsEmpty());
}

TEST(Diagnosis, BatchesOfOneKindAreToldAtOnceAndNotTheirConsequences) {
  const Change one_label = [](StepSigns& s) {
    s.labels = 1;
    s.cross_entropy = kGuessing;
    s.image_cosine = 1;
    s.teacher_recall = s.chance_recall = 1;
  };
  EXPECT_THAT(signs_in(1000, one_label), ElementsAre("one_label@5"));
  const Change one_text = [](StepSigns& s) {
    s.texts = 1;
    s.cross_entropy = kGuessing;
    s.text_cosine = 1;
  };
  EXPECT_THAT(signs_in(1000, one_text), ElementsAre("one_text@5"));
  EXPECT_THAT(signs_in(1000, [](StepSigns& s) { s.labels = s.texts = 2; }), IsEmpty());
  EXPECT_THAT(signs_in(1000, [](StepSigns& s) { s.labels = s.step == 3 ? 2 : 1; }), IsEmpty());
  // Later batches, and tiny ones, may be of one kind.
  EXPECT_THAT(signs_in(1000, [](StepSigns& s) { s.labels = s.step > 1 ? 1 : 9; }), IsEmpty());
  EXPECT_THAT(signs_in(1000,
                       [](StepSigns& s) {
                         s.batch = 2;
                         s.labels = 1;
                       }),
              IsEmpty());
}

TEST(Diagnosis, ATeacherThatGuessesIsToldAfterAFewBatches) {
  const auto recall = [](double value) { return [=](StepSigns& s) { s.teacher_recall = value; }; };
  // Guessing is right 2 of 64 times a batch.
  EXPECT_THAT(signs_in(1000, recall(1.5 / 32)), ElementsAre("weak_teacher@8"));
  EXPECT_THAT(signs_in(1000, recall(0)), ElementsAre("weak_teacher@8"));
  EXPECT_THAT(signs_in(1000, recall(2.5 / 32)), IsEmpty());
  EXPECT_THAT(signs_in(1000, recall(NAN)), IsEmpty());
  // Two kinds of pairs: nobody guesses wrong.
  EXPECT_THAT(signs_in(1000, [](StepSigns& s) { s.teacher_recall = s.chance_recall = 0.5; }),
              IsEmpty());
}

TEST(Diagnosis, TheTeacherIsLookedAtUntilItIsJudged) {
  Diagnosis diagnosis(kRun);
  for (int64_t step = 1; step <= 8; ++step) {
    EXPECT_TRUE(diagnosis.looks_at(step, /*has_teacher=*/true)) << step;
    EXPECT_FALSE(diagnosis.looks_at(step, /*has_teacher=*/false)) << step;
    diagnosis.observe(healthy(step));
  }
  for (int64_t step = 9; step <= 100; ++step) {
    EXPECT_EQ(diagnosis.looks_at(step, /*has_teacher=*/true), step % 20 == 0) << step;
  }
}

TEST(Diagnosis, ALoaderThatKeepsTheStepWaitingIsOfTheClock) {
  const auto waiting = [](double share) {
    return [=](StepSigns& s) { s.seconds_waited = share * s.seconds; };
  };
  EXPECT_THAT(signs_in(1000, waiting(0.3)), ElementsAre("slow_loader@160"));  // a minute after 100
  EXPECT_THAT(signs_in(1000, waiting(0.15)), IsEmpty());
  EXPECT_THAT(signs_in(100, waiting(0.9)), IsEmpty());
  Diagnosis diagnosis(kRun);
  std::vector<Warning> warnings;
  for (int64_t step = 1; warnings.empty() && step < 200; ++step) {
    auto signs = healthy(step);
    waiting(0.5)(signs);
    warnings = diagnosis.observe(signs);
  }
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_TRUE(warnings[0].of_clock);
  EXPECT_THAT(warnings[0].message, HasSubstr("50 %"));
  EXPECT_THAT(warnings[0].message, HasSubstr("train.workers"));
}

TEST(Diagnosis, ResumedAfterEveryStepItWarnsOfTheSame) {
  const Change everything = [](StepSigns& s) {
    s.cross_entropy = 1.01 * kGuessing;
    s.teacher_recall = 0.02;
    s.logit_scale = 100;
    if (!std::isnan(s.image_cosine)) s.image_cosine = s.text_cosine = 0.995;
  };
  const auto whole = signs_in(kRun, 1000, everything);
  EXPECT_THAT(whole, ElementsAre("weak_teacher@8", "collapsed_images@140", "collapsed_texts@140",
                                 "near_chance@200", "pinned_scale@200"));
  EXPECT_EQ(signs_in(kRun, 1000, everything, /*resumed_every_step=*/true), whole);
}

TEST(Diagnosis, AMessageTellsWhatWasSeenAndWhatToTry) {
  Diagnosis diagnosis(kRun);
  std::string message;
  for (int64_t step = 1; step <= 200; ++step) {
    auto signs = healthy(step);
    signs.cross_entropy = 3.456;
    for (const auto& warning : diagnosis.observe(signs)) message = warning.message;
  }
  for (const auto* part : {"3.456", "3.466", "32 pairs", "train.lr", "clipstill data show"}) {
    EXPECT_THAT(message, HasSubstr(part));
  }
}

TEST(Signs, OfABatchAreItsKinds) {
  data::Batch batch;
  batch.step = 6;
  batch.samples = {4, 5, 6, 7};
  batch.labels = {1, 1, 2, 1};
  batch.texts = {9, 9, 9, 9};
  const auto signs = signs_of(batch);
  EXPECT_EQ(signs.step, 7);
  EXPECT_EQ(signs.batch, 4);
  EXPECT_EQ(signs.labels, 2);
  EXPECT_EQ(signs.texts, 1);
  EXPECT_TRUE(std::isnan(signs.cross_entropy) && std::isnan(signs.teacher_recall));
}

torch::Tensor rows(std::vector<float> values) {
  return torch::tensor(values).view({-1, 2});
}

TEST(Signs, OfTheEmbeddingsAreMeanCosinesAndTheTeachersRecall) {
  distill::LossInput in;
  in.student_image = rows({1, 0, 0.6, 0.8, 0, 1, -1, 0});
  in.student_text = rows({0, 1, 0, 1, 0, 1, 0, 1});
  in.targets = in.text_targets = torch::eye(4);
  StepSigns signs;
  inspect(in, signs);
  // Pairs of images: 0.6, 0, -1, 0.8, -0.6, 0.
  EXPECT_NEAR(signs.image_cosine, -0.2 / 6, 1e-6);
  EXPECT_NEAR(signs.text_cosine, 1, 1e-6);
  EXPECT_TRUE(std::isnan(signs.teacher_recall));

  // The nearest texts of the images are 0, 2, 1, 3; the nearest images of the texts the same.
  in.teacher_image = rows({1, 0, 0, 1, 0.8, 0.6, -1, 0});
  in.teacher_text = rows({1, 0, 0.8, 0.6, 0, 1, -1, 0});
  inspect(in, signs);
  EXPECT_EQ(signs.teacher_recall, 0.5);
  EXPECT_EQ(signs.chance_recall, 0.25);
  // Pairs 1 and 2 show one thing: either is right.
  in.targets = torch::tensor({1.f, 0.f, 0.f, 0.f, 0.f, .5f, .5f, 0.f,  //
                              0.f, .5f, .5f, 0.f, 0.f, 0.f, 0.f, 1.f})
                   .view({4, 4});
  in.text_targets = in.targets;
  signs = {};
  inspect(in, signs);
  EXPECT_EQ(signs.teacher_recall, 1);
  EXPECT_EQ(signs.chance_recall, 6.0 / 16);
  auto second = in;
  // Image 1 has text 2 too, and image 2 its own alone: text 1 finds image 2, which is wrong.
  in.targets = torch::tensor({1.f, 0.f, 0.f, 0.f, 0.f, .5f, .5f, 0.f,  //
                              0.f, 0.f, 1.f, 0.f, 0.f, 0.f, 0.f, 1.f})
                   .view({4, 4});
  in.text_targets = torch::tensor({1.f, 0.f, 0.f, 0.f, 0.f, 1.f, 0.f, 0.f,  //
                                   0.f, .5f, .5f, 0.f, 0.f, 0.f, 0.f, 1.f})
                        .view({4, 4});
  signs = {};
  inspect(in, signs);
  EXPECT_EQ(signs.teacher_recall, 6.0 / 8);
  EXPECT_EQ(signs.chance_recall, 5.0 / 16);
  // A second teacher, to whom all images are alike, finds the first text for each of them, and the
  // first image for each text.
  signs = {};
  inspect(second, signs);
  second.teacher_image = rows({1, 0, 1, 0, 1, 0, 1, 0});
  inspect(second, signs);
  EXPECT_EQ(signs.teacher_recall, 0.25);
}

}  // namespace
}  // namespace clipstill::train
