// Which students a budget gets, from towers whose costs are made up.
#include "train/student_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "clipstill/error.hpp"

namespace clipstill::train {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Lt;
using testing::Not;

CountedTower image(const std::string& arch, size_t series, int64_t parameters) {
  return {arch,
          {{"model.image.arch", arch}, {"model.image.width", std::to_string(parameters)}},
          series,
          parameters,
          /*table=*/0,
          /*projection=*/10};
}

CountedTower text(const std::string& arch, int64_t parameters, int64_t table) {
  return {arch,  {{"model.text.arch", arch}, {"model.text.width", std::to_string(parameters)}},
          0,     parameters,
          table, /*projection=*/9};
}

// With the one scale, what a student has beside towers and table.
constexpr int64_t kOthers = 20;

// Two series of a kind that take a second per thousand parameters, one that takes twice that.
CountedTowers some_towers() {
  return {{image("resnet", 0, 200), image("resnet", 0, 400), image("resnet", 0, 600),
           image("resnet", 1, 500), image("resnet", 1, 800), image("vit", 2, 300),
           image("vit", 2, 610)},
          {text("transformer", 150, 50), text("transformer", 300, 100), text("lstm", 290, 100)},
          1};
}

double seconds_of(const CountedTower& tower) {
  return static_cast<double>(tower.parameters) * (tower.arch == "vit" ? 2e-3 : 1e-3);
}

/// The choice as words, "resnet 600 lstm 290", and which towers were timed.
struct Choice {
  std::vector<std::string> students;
  std::multiset<size_t> timed;
};

Choice choice(const StudentLimits& limits, const CountedTowers& towers = some_towers()) {
  Choice result;
  const auto chosen = choose_students(towers, limits, [&](size_t i) {
    result.timed.insert(i);
    return seconds_of(towers.images[i]);
  });
  for (const auto& student : chosen) {
    const auto &image = towers.images[student.image], &text = towers.texts[student.text];
    EXPECT_EQ(student.parameters, image.parameters + text.parameters + text.table + kOthers);
    EXPECT_DOUBLE_EQ(student.image_seconds, seconds_of(image));
    result.students.push_back(image.arch + " " + image.keys[1].second + " " + text.arch + " " +
                              text.keys[1].second);
  }
  for (const size_t i : result.timed) EXPECT_EQ(result.timed.count(i), 1) << i;
  return result;
}

std::string refusal(const StudentLimits& limits, const CountedTowers& towers = some_towers()) {
  try {
    choice(limits, towers);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    return error.what();
  }
  ADD_FAILURE() << "something fits";
  return "";
}

TEST(StudentChoice, TakesTheLargestOfEachTwoKindsThatFits) {
  // 600 + 400 + 20 = 1,020, and 610 + 400 + 20 = 1,030; with the LSTM 10 less.
  const auto all = choice({1030, 0, "resnet", "transformer"});
  EXPECT_THAT(all.students, ElementsAre("vit 610 transformer 300", "resnet 600 transformer 300",
                                        "resnet 600 lstm 290", "vit 610 lstm 290"));
  EXPECT_THAT(all.timed, ElementsAre(2, 6));  // the chosen ones alone
  // One parameter less, and the largest is out.
  EXPECT_THAT(choice({1029, 0, "resnet", "transformer"}).students,
              ElementsAre("resnet 600 transformer 300", "resnet 600 lstm 290", "vit 610 lstm 290",
                          "vit 300 transformer 150"));
}

TEST(StudentChoice, MoreOfTheBudgetGoesFirst) {
  // 949 and 950: 94.9 and 95 % of 1,000, but 86 % of 1,100.
  const CountedTowers towers{
      {image("resnet", 0, 529), image("vit", 1, 530)}, {text("transformer", 300, 100)}, 1};
  EXPECT_THAT(choice({1000, 0, "resnet", "transformer"}, towers).students,
              ElementsAre("vit 530 transformer 300", "resnet 529 transformer 300"));
  EXPECT_THAT(choice({1100, 0, "resnet", "transformer"}, towers).students,
              ElementsAre("resnet 529 transformer 300", "vit 530 transformer 300"));
}

TEST(StudentChoice, WhereThatIsAlikeTheConfigsKindsGoFirstThenTheFaster) {
  // 1,020 to 1,023 of 2,000 are 51 %.
  const CountedTowers towers{
      {image("resnet", 0, 600), image("mobile", 1, 601), image("vit", 2, 602)},
      {text("transformer", 300, 100), text("lstm", 301, 100)},
      1};
  EXPECT_THAT(choice({2000, 0, "vit", "lstm"}, towers).students,
              ElementsAre("vit 602 lstm 301", "resnet 600 lstm 301", "mobile 601 lstm 301",
                          "vit 602 transformer 300", "resnet 600 transformer 300",
                          "mobile 601 transformer 300"));
  EXPECT_THAT(
      choice({2000, 0, "clip_vit", "bert"}, towers).students,
      ElementsAre("resnet 600 lstm 301", "resnet 600 transformer 300", "mobile 601 lstm 301",
                  "mobile 601 transformer 300", "vit 602 lstm 301", "vit 602 transformer 300"));
}

TEST(StudentChoice, KeepsTheLatencyAndTimesNoWiderTowerThanNeeded) {
  // 0.55 s: resnets up to 500, vits up to 275, of which there is none.
  const auto fast = choice({2000, 0.55, "resnet", "transformer"});
  EXPECT_THAT(fast.students, ElementsAre("resnet 500 transformer 300", "resnet 500 lstm 290"));
  // A limit is a limit.
  EXPECT_THAT(choice({2000, 0.5, "resnet", "transformer"}).students,
              ElementsAre("resnet 500 transformer 300", "resnet 500 lstm 290"));
  EXPECT_THAT(choice({2000, 0.4999, "resnet", "transformer"}).students,
              ElementsAre("resnet 400 transformer 300", "resnet 400 lstm 290"));
}

TEST(StudentChoice, TimesFewOfALongSeries) {
  CountedTowers towers{{}, {}, 1};
  for (int64_t i = 1; i <= 64; ++i) {
    towers.images.push_back(image("resnet", 0, 10 * i));
    towers.texts.push_back(text("transformer", 6 * i, i));
  }
  const auto fast = choice({100'000, 0.3, "resnet", "transformer"}, towers);
  EXPECT_THAT(fast.students, ElementsAre(HasSubstr("resnet 300 transformer ")));
  EXPECT_LE(fast.timed.size(), 8u);
  // What has too many parameters is not timed.
  const auto small = choice({120, 0.3, "resnet", "transformer"}, towers);
  EXPECT_THAT(small.timed, Each(Lt(12u)));
}

TEST(StudentChoice, KeepsTheSplit) {
  const auto students = [](int64_t image_parameters, int64_t text_parameters, int64_t table) {
    const CountedTowers towers{
        {image("resnet", 0, image_parameters)}, {text("transformer", text_parameters, table)}, 1};
    try {
      return choice({100'000, 0, "resnet", "transformer"}, towers).students.size();
    } catch (const Error&) {
      return size_t{0};
    }
  };
  EXPECT_EQ(students(500, 400, 100), 1);  // half of the parameters for images
  EXPECT_EQ(students(499, 401, 100), 0);
  EXPECT_EQ(students(670, 230, 100), 1);
  EXPECT_EQ(students(671, 229, 100), 0);
  EXPECT_EQ(students(550, 300, 150), 1);  // 15 % in the table
  EXPECT_EQ(students(550, 299, 151), 0);
}

TEST(StudentChoice, SaysWhatIsSmallestWhereNothingFits) {
  // 200 + 150 + 50 + 20.
  EXPECT_THAT(choice({420, 0, "resnet", "transformer"}).students,
              ElementsAre("resnet 200 transformer 150"));
  EXPECT_THAT(refusal({419, 0, "resnet", "transformer"}),
              AllOf(HasSubstr("at most 419 parameters"), HasSubstr("keeps the split has 420 "),
                    HasSubstr("resnet, width 200"), HasSubstr("transformer, width 150"),
                    HasSubstr("50 of them in the token table")));
  const CountedTowers unbalanced{{image("resnet", 0, 100)}, {text("lstm", 900, 100)}, 1};
  EXPECT_THAT(refusal({50, 0, "resnet", "lstm"}, unbalanced),
              AllOf(HasSubstr("smallest student has 1120 "), Not(HasSubstr("keeps the split"))));
  EXPECT_THAT(refusal({50, 0, "resnet", "lstm"}, {{}, {}, 1}), HasSubstr("can be built"));
}

TEST(StudentChoice, SaysWhatIsFastestWhereNothingIsFastEnough) {
  EXPECT_THAT(refusal({1030, 0.15, "resnet", "transformer"}),
              AllOf(HasSubstr("at most 150 ms"), HasSubstr("takes 200 ms"),
                    HasSubstr("resnet, width 200")));
}

}  // namespace
}  // namespace clipstill::train
