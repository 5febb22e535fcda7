// The metrics of a model against the plain definition on its embeddings.
#include "train/evaluate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "../core/expect_error.h"
#include "tiny_models.h"
#include "train/run_result.h"

namespace clipstill::train {
namespace {

double dot(const std::vector<float>& a, size_t i, const std::vector<float>& b, size_t j, size_t d) {
  double sum = 0;
  for (size_t k = 0; k < d; ++k) sum += static_cast<double>(a[i * d + k]) * b[j * d + k];
  return sum;
}

class Evaluate : public testing::Test {
 protected:
  Evaluate() : data_(tiny_data()), model_(tiny_model(data_, 4)) {}

  // Share of queries whose best right target is among the first k.
  double recall(const std::vector<float>& queries, const std::vector<int64_t>& query_labels,
                const std::vector<float>& targets, const std::vector<int64_t>& target_labels,
                int k) const {
    const auto d = static_cast<size_t>(model_.network->options().embed_dim);
    double hits = 0;
    for (size_t q = 0; q < query_labels.size(); ++q) {
      double best = -2;
      for (size_t t = 0; t < target_labels.size(); ++t) {
        if (target_labels[t] == query_labels[q])
          best = std::max(best, dot(queries, q, targets, t, d));
      }
      int better = 0;
      for (size_t t = 0; t < target_labels.size(); ++t) {
        better += target_labels[t] != query_labels[q] && dot(queries, q, targets, t, d) >= best;
      }
      hits += better < k;
    }
    return hits / static_cast<double>(query_labels.size());
  }

  RunData data_;
  Model model_;
};

TEST_F(Evaluate, RecallIsThatOfTheDefinition) {
  const auto& set = data_.train;  // 15 images of 8 labels
  const auto result = evaluate(model_, set);
  const auto images = embed_images(model_, set);
  const std::vector<int64_t> image_labels(set.labels().begin(), set.labels().end());
  std::map<int, double> mean;
  for (const size_t language : {0, 1}) {
    std::vector<std::string> texts;
    std::vector<int64_t> text_labels;
    for (int label = 0; label < 8; ++label) {
      texts.push_back((language == 0 ? "number " : "数") + std::to_string(label));
      text_labels.push_back(set.label(2 * label));
    }
    const auto text_values = embed_texts(model_, texts);
    const std::string name = language == 0 ? "en" : "zh";
    for (const int k : {1, 5, 10}) {
      const auto at = "/recall@" + std::to_string(k);
      const double to_text = recall(images, image_labels, text_values, text_labels, k);
      const double to_image = recall(text_values, text_labels, images, image_labels, k);
      EXPECT_DOUBLE_EQ(result.metrics.at(name + "/image_to_text" + at), to_text);
      EXPECT_DOUBLE_EQ(result.metrics.at(name + "/text_to_image" + at), to_image);
      mean[k] += (to_text + to_image) / 4;
    }
  }
  for (const auto& [k, value] : mean) {
    EXPECT_NEAR(result.metrics.at("mean/recall@" + std::to_string(k)), value, 1e-12);
  }
  EXPECT_EQ(result.metrics.size(), 2 * (6 + 2) + 3u);
}

TEST_F(Evaluate, HitsAverageToTheMeanOfTheImages) {
  // Where every image has its own text, the mean of the hits is the mean recall@1.
  std::vector<data::PairRecord> records;
  for (int i = 0; i < 12; ++i) {
    const auto number = std::to_string(i);
    records.push_back(data::record(number, {{"number " + number, "en", ""}}, number));
  }
  const auto set =
      data::whole_set(std::make_shared<data::MemoryPairs>(std::move(records), [](size_t i) {
        return data::png(static_cast<uint8_t>(20 * i), static_cast<uint8_t>(99 - 7 * i), 0, 16);
      }));
  const auto result = evaluate(model_, set);
  const double sum = std::accumulate(result.hits.begin(), result.hits.end(), 0.0);
  EXPECT_NEAR(sum / 12, result.metrics.at("mean/recall@1"), 1e-6);
  for (const float hit : result.hits) EXPECT_TRUE(hit == 0 || hit == 0.5f || hit == 1);
}

TEST_F(Evaluate, ACollapsedModelIsRightAboutNothing) {
  const torch::NoGradGuard no_grad;
  for (auto& parameter : model_.network->named_parameters()) {
    if (parameter.key() != "text_projection.weight") continue;
    parameter.value().fill_(0);
  }
  const auto result = evaluate(model_, data_.train);
  EXPECT_EQ(result.metrics.at("mean/recall@1"), 0);
  EXPECT_EQ(result.metrics.at("zh/zero_shot/accuracy"), 0);
}

TEST_F(Evaluate, NeitherTrainsNorDependsOnTheMode) {
  auto options = model_.network->options();
  options.image.arch = "resnet";  // batch norm tells the modes apart
  model_.network = nn::make_clip_model(options, 5);
  const auto before = copy_of(named_tensors(*model_.network));
  model_.network->train();
  const auto first = evaluate(model_, data_.test);
  model_.network->eval();
  EXPECT_EQ(evaluate(model_, data_.test).metrics, first.metrics);
  expect_same(named_tensors(*model_.network), before);
}

TEST_F(Evaluate, NothingToEvaluateOnIsRefused) {
  const data::PairSet none(std::make_shared<data::MemoryPairs>(data::numbered_records(2)), {}, {},
                           {});
  expect_error(ErrorCode::kBadData, {"no pairs to evaluate on", "--split"},
               [&] { evaluate(model_, none); });
  const auto no_french =
      data::whole_set(std::make_shared<data::MemoryPairs>(data::numbered_records(2)), {"fr"});
  expect_error(ErrorCode::kBadData, {"none of the 2 pairs", "data.languages"},
               [&] { evaluate(model_, no_french); });
}

TEST(StoredEvaluation, IsReadBackForItsIdentityOnly) {
  const ScratchFolder scratch;
  const auto path = scratch / "result.json";
  EXPECT_FALSE(read_evaluation(path, "a").has_value());
  const Evaluation evaluation{{{"mean/recall@1", 1.0 / 3}}, {0.1f, 0.75f}};
  write_evaluation(path, {"a", evaluation});
  const auto stored = read_evaluation(path, "a");
  ASSERT_TRUE(stored.has_value());
  EXPECT_EQ(stored->metrics, evaluation.metrics);
  EXPECT_EQ(stored->hits, evaluation.hits);
  EXPECT_FALSE(read_evaluation(path, "b").has_value());
  write_file(path, "{\"identity\":\"a\"");
  EXPECT_FALSE(read_evaluation(path, "a").has_value());
}

TEST(StoredCalibration, IsReadBackForItsIdentityOnly) {
  const ScratchFolder scratch;
  const auto path = scratch / "calibration.json";
  EXPECT_FALSE(read_calibration(path, "a").has_value());
  const std::map<std::string, double> values{{"en/nll", 1.0 / 3}};
  write_calibration(path, "a", values);
  EXPECT_EQ(read_calibration(path, "a"), values);
  EXPECT_FALSE(read_calibration(path, "b").has_value());
  write_file(path, "[1");
  EXPECT_FALSE(read_calibration(path, "a").has_value());
  write_file(path, R"({"identity":"a","calibration":{"en/nll":null}})");
  EXPECT_FALSE(read_calibration(path, "a").has_value());
}

TEST(Curves, AreThoseOfTheLog) {
  const ScratchFolder scratch;
  write_file(scratch / "log.jsonl",
             "{\"step\":20,\"seconds\":1.5,\"loss\":3.0}\n"
             "{\"step\":20,\"seconds\":1.5,\"val/mean/recall@1\":0.25}\n"
             "{\"step\":40,\"seconds\":3.0,\"loss\":2.0}\n"
             "{\"step\":60,\"sec");
  const auto curves = read_curves(scratch.path());
  ASSERT_EQ(curves.at("loss").size(), 2u);
  EXPECT_EQ(curves.at("loss")[1].step, 40);
  EXPECT_EQ(curves.at("loss")[1].value, 2);
  ASSERT_EQ(curves.at("val/recall@1").size(), 1u);
  EXPECT_EQ(curves.at("val/recall@1")[0].seconds, 1.5);
}

}  // namespace
}  // namespace clipstill::train
