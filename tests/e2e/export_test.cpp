// From a trained model to a bundle.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "bundle/manifest.h"
#include "bundle/safetensors.h"
#include "core/options.h"
#include "run_folder.h"
#include "scene.h"

namespace clipstill::e2e {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// Of the lines that `embed` prints to rows of numbers.
double greatest_difference(const std::string& printed, const json& rows) {
  double greatest = 0;
  std::istringstream lines(printed);
  size_t row = 0;
  for (std::string line; std::getline(lines, line); ++row) {
    const auto found = json::parse(line).at("embedding").get<std::vector<double>>();
    const auto wanted = rows.at(row).get<std::vector<double>>();
    EXPECT_EQ(found.size(), wanted.size());
    for (size_t i = 0; i < wanted.size(); ++i) {
      greatest = std::max(greatest, std::abs(found.at(i) - wanted[i]));
    }
  }
  EXPECT_EQ(row, rows.size());
  return greatest;
}

TEST(Export, WritesABundleOfATrainedModel) {
  const auto& scene = Scene::get();
  const auto model = scene.student_run() / "best";
  const auto out = scene.set().folder() / "bundle";
  const StringList command{"export", model.string(), "--out", out.string(), "--json"};
  const auto result = clipstill(command);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  bundle::verify_manifest(out);
  const auto report = json::parse(result.out);
  for (const auto& [name, bytes] : report.at("files").items()) {
    EXPECT_EQ(fs::file_size(out / name), bytes) << name;
  }
  EXPECT_EQ(read_file(out / "tokenizer.json"), read_file(model / "tokenizer.json"));
  EXPECT_EQ(read_file(out / "preprocessor_config.json"),
            read_file(model / "preprocessor_config.json"));
  const auto config = json::parse(read_file(out / "config.json"));
  EXPECT_EQ(config.at("model"), json::parse(read_file(model / "config.json")).at("model"));

  const bundle::SafetensorsFile selftest(out / "selftest.safetensors");
  const auto texts = json::parse(selftest.metadata().at("texts"));
  EXPECT_EQ(selftest.tensor("input_ids").shape.at(0), static_cast<int64_t>(texts.size()));
  EXPECT_EQ(selftest.tensor("input_ids").shape.at(1), config.at("context_length"));

  const auto verified = clipstill({"verify", out.string()});  // in ONNX Runtime, without libtorch
  EXPECT_EQ(verified.exit_code, 0) << verified.err;

  const auto before = files_below(out);
  EXPECT_EQ(clipstill(command).exit_code, 0);  // over the first one
  EXPECT_TRUE(files_below(out) == before);
}

TEST(Export, StoresWeightsInHalfTheBytes) {
  const auto model = (Scene::get().student_run() / "best").string();
  const auto folder = Scene::get().set().folder();
  const auto sizes = [&](const fs::path& out, const StringList& more) {
    StringList command{"export", model, "--out", out.string()};
    command.insert(command.end(), more.begin(), more.end());
    const auto result = clipstill(command);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return fs::file_size(out / "onnx" / "image_encoder.onnx");
  };
  const auto whole = sizes(folder / "whole_bundle", {});
  const auto half = sizes(folder / "half_bundle", {"--half"});
  EXPECT_LT(half, 0.65 * static_cast<double>(whole));
  const auto verified = clipstill({"verify", (folder / "half_bundle").string()});
  EXPECT_EQ(verified.exit_code, 0) << verified.err;  // ONNX Runtime agrees with the rounded weights
}

// Their self-test, computed by libtorch when the bundle was written, agrees with ONNX Runtime.
TEST(Export, WritesBundlesOfPublishedModels) {
  const auto models = fs::path(CLIPSTILL_TEST_DATA) / "teacher";
  const auto out = Scene::get().set().folder() / "published_bundle";
  const auto goldens = json::parse(read_file(models / "goldens.json"));
  for (const auto& [name, golden] : goldens.at("models").items()) {
    const auto result = clipstill({"export", (models / name).string(), "--out", out.string()});
    ASSERT_EQ(result.exit_code, 0) << name << ": " << result.err;
    const auto verified = clipstill({"verify", out.string()});
    EXPECT_EQ(verified.exit_code, 0) << name << ": " << verified.err;
    // What its own library computes.
    StringList texts{"embed", out.string(), "--kind", "text"}, images{"embed", out.string()};
    for (const std::string text : goldens.at("texts")) texts.push_back(text);
    for (const std::string image : goldens.at("images")) {
      images.push_back((fs::path(CLIPSTILL_TEST_DATA) / "image" / image).string());
    }
    for (const auto& [command, kind] : {std::pair(texts, "texts"), {images, "images"}}) {
      const auto embedded = clipstill(command);
      ASSERT_EQ(embedded.exit_code, 0) << name << ": " << embedded.err;
      EXPECT_LT(greatest_difference(embedded.out, golden.at(kind)), 1e-5) << name << " " << kind;
    }
  }
}

TEST(Export, KeepsSiglipsTokenizer) {
  const auto model = fs::path(CLIPSTILL_TEST_DATA) / "teacher" / "siglip";
  const auto folder = Scene::get().set().folder() / "siglip";
  const auto packed = folder / "packed", out = folder / "bundle";
  ASSERT_EQ(clipstill({"teacher", "pack", model.string(), packed.string()}).exit_code, 0);
  const auto result = clipstill({"export", packed.string(), "--out", out.string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(read_file(out / "spiece.model"), read_file(model / "spiece.model"));
  EXPECT_FALSE(fs::exists(out / "tokenizer.json"));
  const auto image = (fs::path(CLIPSTILL_TEST_DATA) / "image" / "rgb.png").string();
  const auto classified = clipstill({"classify", out.string(), image, "--labels", "a dog,birds"});
  EXPECT_EQ(classified.exit_code, 0) << classified.err;
  const StringList text{"--json", "Two red birds!"};
  StringList of_model{"tokenize", model.string()}, of_bundle{"tokenize", out.string()};
  of_model.insert(of_model.end(), text.begin(), text.end());
  of_bundle.insert(of_bundle.end(), text.begin(), text.end());
  const auto tokens = clipstill(of_bundle);
  EXPECT_EQ(tokens.exit_code, 0) << tokens.err;
  EXPECT_EQ(tokens.out, clipstill(of_model).out);

  write_file(out / "tokenizer.json", "{}");
  const auto two = clipstill({"verify", out.string()});
  EXPECT_EQ(two.exit_code, 3);
  EXPECT_THAT(two.err, HasSubstr("second tokenizer"));
}

TEST(Export, NeverReplacesWhatIsNoBundle) {
  const auto model = Scene::get().student_run() / "best";
  const auto before = files_below(model);
  const auto result = clipstill({"export", model.string(), "--out", model.string()});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("is not a bundle"));
  EXPECT_TRUE(files_below(model) == before);
}

TEST(Export, NamesTheModelThatIsMissing) {
  const auto result = clipstill({"export", "no/such/model"});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.err, HasSubstr("no/such/model"));
}

// From here on: int8. The limits are wide, because one answer of this small set is a whole point.

double recall(const json& results, const char* form) {
  return results.at(form).at("mean/recall@1");
}

TEST(ExportInt8, RunsInInt8AndIsMeasuredBesideFp32) {
  const auto& scene = Scene::get();
  const auto model = scene.student_run() / "best";
  const auto out = scene.set().folder() / "int8_bundle";
  const StringList command{"export", model.string(), "--out",           out.string(),
                           "--int8", "--json",       "--int8.max_drop", "30"};
  const auto result = clipstill(command);  // the data are those of the run
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto metrics = json::parse(read_file(out / "metrics.json"));
  EXPECT_EQ(json::parse(result.out).at("metrics"), metrics);
  EXPECT_EQ(metrics.at("data").at("split"), "test");
  EXPECT_EQ(metrics.at("data").at("pairs"), kConcepts);
  EXPECT_GT(metrics.at("int8").at("layers").size(), 8u);
  EXPECT_LT(fs::file_size(out / "onnx" / "image_encoder_int8.onnx"),
            fs::file_size(out / "onnx" / "image_encoder.onnx"));
  EXPECT_THAT(read_file(out / "README.md"), HasSubstr("## Accuracy"));

  const auto evaluated = clipstill({"eval", model.string(), "--data.path",
                                    (scene.set().folder() / "pairs.csv").string(), "--data.holdout",
                                    kHeldOut, "--data.languages", "en,zh", "--data.templates",
                                    "en:a drawing of a {},zh:{}的图", "--json"});
  ASSERT_EQ(evaluated.exit_code, 0) << evaluated.err;
  EXPECT_EQ(json::parse(evaluated.out).at("metrics"), metrics.at("results").at("torch"));

  const auto verified = clipstill({"verify", out.string(), "--precision", "int8", "--json"});
  ASSERT_EQ(verified.exit_code, 0) << verified.err;
  const auto ran = json::parse(verified.out);
  EXPECT_GE(ran.at("image_kernels").at("QLinearConv"), 4);
  EXPECT_GE(ran.at("text_kernels").at("MatMulIntegerToFloat"), 6);
  EXPECT_FALSE(ran.contains("accuracy"));

  const auto data = (scene.set().folder() / "pairs.csv").string();
  const auto gate = clipstill({"verify", out.string(), "--data.path", data, "--json", "--record"});
  ASSERT_EQ(gate.exit_code, 0) << gate.err;
  const auto accuracy = json::parse(gate.out).at("accuracy");
  const auto& results = accuracy.at("results");
  EXPECT_NEAR(recall(results, "onnx_fp32"), recall(results, "torch"), 1e-9);
  EXPECT_NEAR(recall(results, "onnx_int8"), recall(results, "torch_int8"), 0.05);
  EXPECT_NEAR(accuracy.at("gate").at("recall_drop"),
              100 * (recall(results, "onnx_fp32") - recall(results, "onnx_int8")), 1e-9);
  EXPECT_EQ(json::parse(read_file(out / "metrics.json")).at("results"), results);
  const auto card = read_file(out / "README.md");
  EXPECT_THAT(card, HasSubstr("int8 on ONNX Runtime"));
  EXPECT_THAT(card, HasSubstr("| `metrics.json` | " +
                              std::to_string(fs::file_size(out / "metrics.json")) + " |"));
  bundle::verify_manifest(out);

  const auto other = clipstill({"verify", out.string(), "--data.path", data, "--split", "val"});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("other pairs"));
}

TEST(ExportInt8, FailsTheGateByLayer) {
  const auto& scene = Scene::get();
  const auto model = (scene.student_run() / "best").string();
  const auto out = scene.set().folder() / "clipped_bundle";
  // Half of all values are clipped.
  StringList command{"export",     model,
                     "--out",      out.string(),
                     "--int8",     "--int8.method",
                     "percentile", "--int8.percentile",
                     "50",         "--int8.max_drop",
                     "100"};
  ASSERT_EQ(clipstill(command).exit_code, 0);
  const auto metrics = json::parse(read_file(out / "metrics.json"));
  const auto& layers = metrics.at("int8").at("layers");
  const auto costliest = std::ranges::find(
      layers, "int8", [](const json& layer) { return layer.at("precision").get<std::string>(); });
  const auto gate = clipstill({"verify", out.string(), "--data.path",
                               (scene.set().folder() / "pairs.csv").string(), "--max_drop", "0.3"});
  EXPECT_EQ(gate.exit_code, 6) << gate.out;
  EXPECT_THAT(gate.err, HasSubstr("int8 loses"));
  EXPECT_THAT(gate.err, HasSubstr(costliest->at("name").get<std::string>()));
}

// Half of all values are clipped, more than the layers that may stay fp32 make up for.
TEST(ExportInt8, IsTrainedForWhereTheGateIsMissed) {
  const auto& scene = Scene::get();
  const auto out = scene.set().folder() / "trained_bundle";
  const StringList clipped{"export",     (scene.student_run() / "best").string(),
                           "--int8",     "--out",
                           out.string(), "--int8.method",
                           "percentile", "--int8.percentile",
                           "50",         "--int8.qat_steps",
                           "2",          "--int8.max_drop"};
  auto strict = clipped, lax = clipped;
  strict.push_back("0");
  lax.push_back("100");
  const auto result = clipstill(strict);
  ASSERT_EQ(result.exit_code, 6) << result.out << result.err;
  EXPECT_THAT(result.err, HasSubstr("after training in int8"));
  ASSERT_EQ(clipstill(lax).exit_code, 0);  // nothing is trained where nothing is missed
  EXPECT_EQ(json::parse(read_file(out / "metrics.json")).at("int8").at("qat_steps"), 0);

  const auto alone =
      clipstill({"export", (scene.student_run() / "best").string(), "--int8.qat_steps", "2"});
  EXPECT_EQ(alone.exit_code, 2);
  EXPECT_THAT(alone.err, HasSubstr("add --int8"));
  const auto pairs = (scene.set().folder() / "pairs.csv").string();
  strict.insert(strict.begin() + 2, {"--data.path", pairs});  // without the run's holdout
  const auto leaking = clipstill(strict);
  EXPECT_EQ(leaking.exit_code, 2);
  EXPECT_THAT(leaking.err, HasSubstr("data.holdout (the run has \"" + std::string(kHeldOut)));

  const auto published =
      clipstill({"export", (fs::path(CLIPSTILL_TEST_DATA) / "teacher" / "clip").string(), "--int8",
                 "--int8.qat_steps", "2", "--data.path", pairs});
  EXPECT_EQ(published.exit_code, 2);
  EXPECT_THAT(published.err, HasSubstr("int8.qat_steps"));
}

TEST(ExportInt8, NeedsData) {
  const auto& scene = Scene::get();
  const auto alone = scene.set().folder() / "alone" / "model";
  fs::create_directories(alone.parent_path());
  fs::copy(scene.student_run() / "best", alone);
  const auto result = clipstill({"export", alone.string(), "--int8"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("--data.path"));
}

}  // namespace
}  // namespace clipstill::e2e
