// From a trained model to a bundle.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "bundle/manifest.h"
#include "bundle/safetensors.h"
#include "core/options.h"
#include "run_folder.h"
#include "scene.h"

namespace clipstill::e2e {
namespace {

using nlohmann::json;
using testing::HasSubstr;

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

}  // namespace
}  // namespace clipstill::e2e
