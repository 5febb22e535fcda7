#include "bundle/metrics_file.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "../core/expect_error.h"

namespace clipstill::bundle {
namespace {

MetricsFile sample() {
  MetricsFile file;
  file.split = "test";
  file.fingerprint = "0123";
  file.pairs = 42;
  file.options = {{"data.holdout", "\"noto\""}};
  file.results["torch"] = {{"mean/recall@1", 0.5}};
  file.results["onnx_int8"] = {{"mean/recall@1", 0.25}};
  file.method = "minmax";
  file.reduce_range = true;
  file.max_drop = 0.3;
  file.size = 0.27;
  file.qat_steps = 300;
  file.layers = {{"image.stem/Conv", 0.5, true}, {"text.factor/MatMul", 1e-5, false}};
  return file;
}

TEST(MetricsFile, ReadsWhatItWrites) {
  const auto text = to_json(sample());
  const auto read = parse_metrics(text, "metrics.json");
  EXPECT_EQ(to_json(read), text);
  EXPECT_EQ(read.pairs, 42);
  EXPECT_EQ(read.results.at("onnx_int8").at("mean/recall@1"), 0.25);
  EXPECT_EQ(read.layers.at(0).name, "image.stem/Conv");
  EXPECT_TRUE(read.layers.at(0).is_fp32);
  EXPECT_FALSE(read.layers.at(1).is_fp32);
  EXPECT_EQ(read.layers.at(1).cost, 1e-5);
  EXPECT_EQ(read.qat_steps, 300);
}

TEST(MetricsFile, ReadsThoseBeforeTrainingForInt8) {
  auto root = nlohmann::json::parse(to_json(sample()));
  root["int8"].erase("qat_steps");
  EXPECT_EQ(parse_metrics(root.dump(), "metrics.json").qat_steps, 0);
}

TEST(MetricsFile, IsPlainJson) {
  const auto root = nlohmann::json::parse(to_json(sample()));
  EXPECT_EQ(root["data"]["split"], "test");
  EXPECT_EQ(root["results"]["torch"]["mean/recall@1"], 0.5);
  EXPECT_EQ(root["int8"]["layers"][0]["precision"], "fp32");
  EXPECT_EQ(root["int8"]["layers"][1]["precision"], "int8");
  auto fp32_alone = sample();
  fp32_alone.layers.clear();
  EXPECT_FALSE(nlohmann::json::parse(to_json(fp32_alone)).contains("int8"));
}

TEST(MetricsFile, RefusesOtherContentByName) {
  const auto text = to_json(sample());
  auto root = nlohmann::json::parse(text);
  for (const char* pointer : {"/data/pairs", "/results", "/int8/layers/1/cost"}) {
    auto other = root;
    other[nlohmann::json::json_pointer(pointer)] = "x";
    expect_error(ErrorCode::kBadData, {"b/metrics.json"},
                 [&] { parse_metrics(other.dump(), "b/metrics.json"); });
  }
  root.erase("data");
  expect_error(ErrorCode::kBadData, {"b/metrics.json", "'data' not found"},
               [&] { parse_metrics(root.dump(), "b/metrics.json"); });
  expect_error(ErrorCode::kBadData, {"b/metrics.json"},
               [&] { parse_metrics(text.substr(0, 100), "b/metrics.json"); });
}

}  // namespace
}  // namespace clipstill::bundle
