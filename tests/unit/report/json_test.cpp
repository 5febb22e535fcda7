#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "report/report.h"
#include "sample.h"

namespace clipstill::report {
namespace {

using nlohmann::json;

TEST(Json, HoldsAllThatWentIn) {
  const Comparison comparison = sample_comparison();
  const json report = json::parse(to_json(comparison));
  EXPECT_EQ(report.at("format"), "clipstill-comparison");
  EXPECT_EQ(report.at("format_version"), 1);
  EXPECT_EQ(report.at("title"), comparison.title);
  EXPECT_EQ(report.at("data"), comparison.data);
  EXPECT_EQ(report.at("languages"), comparison.languages);
  EXPECT_EQ(report.at("notes"), comparison.notes);
  const json& provenance = report.at("provenance");
  EXPECT_EQ(provenance.at("command"), comparison.command);
  EXPECT_EQ(provenance.at("machine"), comparison.machine);
  EXPECT_EQ(provenance.at("commit"), comparison.commit);
  EXPECT_EQ(provenance.at("date"), comparison.date);
  EXPECT_EQ(provenance.at("seeds"), (std::vector<int64_t>{1, 2, 3}));

  std::vector<std::pair<const Variant*, const json*>> models = {
      {&comparison.teacher, &report.at("teacher")}};
  ASSERT_EQ(report.at("variants").size(), comparison.variants.size());
  for (size_t i = 0; i < comparison.variants.size(); ++i) {
    models.emplace_back(&comparison.variants[i], &report.at("variants")[i]);
  }
  for (const auto& [variant, model] : models) {
    EXPECT_EQ(model->at("name"), variant->name);
    EXPECT_EQ(model->at("description"), variant->description);
    EXPECT_EQ(model->at("parameters"), json(variant->parameters));
    EXPECT_EQ(model->at("flops").at("image"), variant->flops_image);
    EXPECT_EQ(model->at("flops").at("text"), variant->flops_text);
    ASSERT_EQ(model->at("runs").size(), variant->runs.size());
    for (size_t i = 0; i < variant->runs.size(); ++i) {
      const RunResult& given = variant->runs[i];
      const json& run = model->at("runs")[i];
      EXPECT_EQ(run.at("seed"), given.seed);
      EXPECT_EQ(run.at("steps"), given.steps);
      EXPECT_EQ(run.at("train_seconds"), given.train_seconds);
      EXPECT_EQ(run.at("samples_per_second"), given.samples_per_second);
      EXPECT_EQ(run.at("loader_share"), given.loader_share);
      EXPECT_EQ(run.at("metrics"), json(given.metrics));  // to the last bit
      EXPECT_EQ(run.at("calibration"), json(given.calibration));
      EXPECT_EQ(run.at("curves").size(), given.curves.size());
      for (const auto& [name, points] : given.curves) {
        const json& curve = run.at("curves").at(name);
        ASSERT_EQ(curve.at("value").size(), points.size());
        EXPECT_EQ(curve.at("step").back(), points.back().step);
        EXPECT_EQ(curve.at("seconds").back(), points.back().seconds);
        EXPECT_EQ(curve.at("value").front(), points.front().value);
      }
    }
  }
}

TEST(Json, HoldsWhatWasComputed) {
  const Comparison comparison = sample_comparison();
  const json report = json::parse(to_json(comparison));
  EXPECT_EQ(report.at("verdict").at("outcome"), "met");
  EXPECT_EQ(report.at("verdict").at("text"), verdict(comparison));
  EXPECT_EQ(report.at("verdict").at("headline"), "combined");
  const json& combined = report.at("variants").back();
  EXPECT_EQ(combined.at("total_parameters"), 928'320);
  EXPECT_EQ(combined.at("retention").at("value"), 0.9727);
  EXPECT_EQ(combined.at("retention").at("low"), 0.9601);
  EXPECT_EQ(combined.at("gain").at("high"), 0.0868);
  EXPECT_EQ(combined.at("metrics").at("en/image_to_text/recall@1").at("runs"), 3);
  EXPECT_NEAR(combined.at("metrics").at("mean/recall@1").at("mean"), 0.605, 1e-12);
  EXPECT_EQ(combined.at("calibration").at("zh/temperature").at("runs"), 3);
  EXPECT_NEAR(combined.at("calibration").at("en/ece").at("mean"), 0.25 - 0.2 * 0.625, 1e-12);
  const json& reached = combined.at("native_score_reached");
  EXPECT_EQ(reached.at("reached_by"), 3);
  EXPECT_LT(reached.at("share_of_steps").at("mean"), 0.6);
  EXPECT_EQ(reached.at("seeds")[2].at("seed"), 3);
  EXPECT_LT(reached.at("seeds")[2].at("step"), 2400);
  EXPECT_TRUE(report.at("teacher").at("native_score_reached").is_null());
  EXPECT_TRUE(report.at("variants").front().at("gain").is_null());
  EXPECT_EQ(report.at("native_final_validation").at("step"), 4000);
  EXPECT_TRUE(report.at("missing").empty());
}

TEST(Json, HoldsTheWeightsOfTheLosses) {
  Comparison comparison = sample_comparison();
  for (RunResult& run : comparison.variants[1].runs) {
    run.losses[0] = {.name = "ce", .first = 1, .last = 0.5, .start = 0.25, .end = 0.75};
  }
  comparison.variants[1].runs[2].losses[2].last = 0;
  comparison.variants[2].runs[0].losses.clear();
  const json report = json::parse(to_json(comparison));
  const json& kl = report.at("variants")[1];
  const json ce = {{"weight", 1}, {"final_weight", 0.5}, {"start", 0.25}, {"end", 0.75}};
  EXPECT_EQ(kl.at("losses").size(), 4u);  // those that any variant uses
  EXPECT_EQ(kl.at("losses").at("ce"), ce);
  EXPECT_TRUE(kl.at("losses").at("kl").is_null());  // the seeds differ
  EXPECT_EQ(kl.at("losses").at("fd").at("weight"), 0);
  EXPECT_EQ(kl.at("runs")[0].at("losses").size(), 2u);  // those that it uses
  EXPECT_EQ(kl.at("runs")[0].at("losses").at("ce"), ce);
  EXPECT_EQ(kl.at("difference_to_headline").at("value"), -0.0370);
  EXPECT_TRUE(report.at("variants")[2].at("losses").is_null());
  EXPECT_TRUE(report.at("variants")[2].at("runs")[0].at("losses").is_null());
  EXPECT_TRUE(report.at("variants").back().at("difference_to_headline").is_null());
}

TEST(Json, HoldsExamplesWithTheirThumbnails) {
  const json report = json::parse(to_json(sample_comparison()));
  const json& example = report.at("examples").at(3);
  EXPECT_EQ(example.at("model"), "combined");
  EXPECT_EQ(example.at("query"), "爱心猫");
  EXPECT_EQ(example.at("only_right"), "combined");
  EXPECT_EQ(example.at("language"), "zh");
  EXPECT_EQ(example.at("query_png_base64"), "");
  EXPECT_EQ(example.at("neighbours").size(), 3u);
  EXPECT_TRUE(example.at("neighbours")[0].at("correct"));
  EXPECT_EQ(example.at("neighbours")[1].at("caption"), "猫脸");
  EXPECT_TRUE(std::string(example.at("neighbours")[0].at("png_base64")).starts_with("iVBORw0KGgo"));
}

TEST(Json, HoldsWhereTeacherAndStudentDisagree) {
  const json agreement = json::parse(to_json(sample_comparison())).at("agreement");
  ASSERT_EQ(agreement.size(), 2u);
  EXPECT_EQ(agreement[1], json::parse(R"({"language": "zh", "direction": "text_to_image",
      "both_right": 900, "only_teacher_right": 300, "only_student_right": 100,
      "both_wrong": 700})"));
}

TEST(Json, WritesNullForWhatIsNotANumberOrNotThere) {
  Comparison comparison = sample_comparison();
  comparison.variants[1].runs[0].metrics["mean/recall@1"] = std::nan("");
  comparison.variants[1].runs[0].train_seconds = INFINITY;
  comparison.variants[1].retention.low = std::nan("");
  const json report = json::parse(to_json(comparison));
  const json& model = report.at("variants")[1];
  EXPECT_TRUE(model.at("runs")[0].at("metrics").at("mean/recall@1").is_null());
  EXPECT_TRUE(model.at("runs")[0].at("train_seconds").is_null());
  EXPECT_TRUE(model.at("retention").is_null());
  EXPECT_EQ(model.at("metrics").at("mean/recall@1").at("runs"), 2);

  const json nothing = json::parse(to_json(empty_comparison()));
  EXPECT_EQ(nothing.at("verdict").at("outcome"), "no_data");
  EXPECT_TRUE(nothing.at("verdict").at("size_met").is_null());
  EXPECT_TRUE(nothing.at("teacher").at("parameter_share").is_null());
  EXPECT_NO_THROW(json::parse(to_json(Comparison{})));
}

TEST(Json, KeepsHostileTextAsItIsAndRepairsUtf8) {
  Comparison comparison = sample_comparison();
  comparison.title = "\"}\n\x01</script>";
  comparison.examples[0].query = "bad \xff byte";
  const json report = json::parse(to_json(comparison));
  EXPECT_EQ(report.at("title"), comparison.title);
  EXPECT_EQ(report.at("examples")[0].at("query"), "bad \uFFFD byte");
}

}  // namespace
}  // namespace clipstill::report
