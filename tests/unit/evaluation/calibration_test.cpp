// Embeddings that are written down, and how true the probabilities are by hand.
#include "evaluation/calibration.h"

#include <gtest/gtest.h>

#include <cmath>

#include "../data/memory_pairs.h"

namespace clipstill::evaluation {
namespace {

// Five images of two labels. The first four look like label a with a cosine of 1 and like label b
// with one of 0; three of them are a. No English text has the label of the fifth.
class LabelCalibrations : public testing::Test {
 protected:
  LabelCalibrations() {
    std::vector<data::PairRecord> records;
    for (const std::string label : {"a", "a", "a", "b"}) {
      const auto id = "r" + std::to_string(records.size());
      records.push_back(data::record(id, {{label, "en", ""}, {"图" + label, "zh", ""}}, label));
    }
    records.push_back(data::record("r4", {{"无", "zh", ""}}, "c"));
    source_ = std::make_shared<data::MemoryPairs>(std::move(records));
  }

  Embedders embedders() {
    return {.width = 3,
            .images =
                [this](const data::PairSet& set) {
                  ++image_passes_;
                  std::vector<float> rows;
                  for (int64_t i = 0; i < set.size(); ++i) rows.insert(rows.end(), {1, 0, 0});
                  return rows;
                },
            .texts =
                [](const std::vector<std::string>& texts) {
                  std::vector<float> rows;
                  for (const auto& text : texts) {
                    const bool is_a = text == "a" || text == "like a" || text == "图a";
                    rows.insert(rows.end(), {is_a ? 1.0f : 0.0f, is_a ? 0.0f : 1.0f, 0});
                  }
                  return rows;
                }};
  }

  data::PairSet set(const std::vector<std::string>& languages) const {
    return {source_, {0, 1, 2, 3, 4}, languages, {"en:like {}"}};
  }

  std::shared_ptr<data::MemoryPairs> source_;
  int image_passes_ = 0;
};

TEST_F(LabelCalibrations, AreOfTheLabelsAtTheScaleAndAtTheTemperatureThatFits) {
  const double scale = 2 * std::log(3.0);  // 9/10 sure, and right three times out of four
  const auto both = label_calibration(set({"en", "zh"}), embedders(), scale);
  EXPECT_EQ(image_passes_, 1);
  ASSERT_EQ(both.size(), 2u);
  const auto& en = both.at("en");
  EXPECT_EQ(en.own.images, 4);
  EXPECT_NEAR(en.own.ece, 0.15, 1e-6);
  EXPECT_NEAR(en.own.nll, -(3 * std::log(0.9) + std::log(0.1)) / 4, 1e-6);
  EXPECT_NEAR(en.temperature, 2, 2e-3);
  EXPECT_EQ(en.fitted.images, 4);
  EXPECT_NEAR(en.fitted.ece, 0, 1e-3);
  EXPECT_NEAR(en.fitted.nll, -(3 * std::log(0.75) + std::log(0.25)) / 4, 1e-5);
  // Classes a, b and c, of which b and c score 0.
  const auto& zh = both.at("zh");
  EXPECT_EQ(zh.own.images, 5);
  EXPECT_NEAR(zh.own.nll, (5 * std::log(11.0) - 3 * std::log(9.0)) / 5, 1e-5);
}

TEST_F(LabelCalibrations, LeaveOutWhatThereIsNothingOf) {
  EXPECT_EQ(label_calibration(set({"en", "fr"}), embedders(), 1).size(), 1u);
  const data::PairSet none(source_, {}, {"en"}, {});
  EXPECT_TRUE(label_calibration(none, embedders(), 1).empty());
}

}  // namespace
}  // namespace clipstill::evaluation
