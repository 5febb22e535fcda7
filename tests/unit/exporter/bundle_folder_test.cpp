#include "exporter/bundle_folder.h"

#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "../core/expect_error.h"
#include "../core/scratch_folder.h"
#include "bundle/card_metrics.h"
#include "bundle/manifest.h"
#include "bundle/safetensors.h"
#include "core/files.h"
#include "exporter/calibration.h"
#include "exporter/exporter.h"
#include "exporter/half_weights.h"
#include "onnx_reader.h"
#include "random_model.h"

namespace clipstill::exporter {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

class BundleFolder : public testing::Test {
 protected:
  BundleFolder() {
    content_ = {random_model({}),
                "0123",
                {{"tokenizer.json", "{\"tokenizer\": 1}"}},
                "{\"pixels\": 1}",
                {}};
    content_.selftest = random_inputs(content_.model, 5);
    content_.selftest.texts = {"a", "笑"};
  }
  // Names of what lies beside the bundle, to see that nothing is left behind.
  std::vector<std::string> listing() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  ScratchFolder folder_;
  fs::path out_ = folder_ / "bundle";
  BundleContent content_;
};

TEST_F(BundleFolder, HoldsEverything) {
  const auto files = write_bundle(out_, content_);
  std::vector<std::string> names;
  for (const auto& [name, bytes] : files) {
    names.push_back(name);
    EXPECT_EQ(fs::file_size(out_ / name), bytes) << name;
  }
  EXPECT_THAT(names,
              ElementsAre("README.md", "config.json", "manifest.json", "onnx/image_encoder.onnx",
                          "onnx/text_encoder.onnx", "preprocessor_config.json",
                          "selftest.safetensors", "tokenizer.json"));
  EXPECT_THAT(listing(), ElementsAre("bundle"));
  EXPECT_EQ(read_file(out_ / "tokenizer.json"), content_.tokenizer[0].second);
  EXPECT_EQ(read_file(out_ / "preprocessor_config.json"), content_.preprocessor_json);
  EXPECT_EQ(read_onnx(out_ / "onnx" / "image_encoder.onnx").outputs.count("image_embeds"), 1u);
  EXPECT_EQ(read_onnx(out_ / "onnx" / "text_encoder.onnx").outputs.count("text_embeds"), 1u);

  const auto config = nlohmann::json::parse(read_file(out_ / "config.json"));
  EXPECT_EQ(config["format"], "clipstill-bundle");
  EXPECT_EQ(config["version"], 1);
  EXPECT_EQ(config["image_size"], 48);
  EXPECT_EQ(config["context_length"], 12);
  EXPECT_EQ(config["weights"], "0123");
  EXPECT_EQ(config["tokenizer"], nlohmann::json::array({"tokenizer.json"}));
  EXPECT_FALSE(config.contains("logit_bias"));
  EXPECT_EQ(config["model"]["model.image.arch"], "resnet");
  EXPECT_FLOAT_EQ(config["logit_scale"].get<float>(), logit_scale(content_.model));

  const auto card = read_file(out_ / "README.md");
  EXPECT_THAT(card, HasSubstr("| image tower | "));
  EXPECT_THAT(card, HasSubstr("float [batch, 3, 48, 48]"));
  // Its code reads what changes pixels; tests/reference/export_sweep.py runs it.
  for (const char* key : {"apply_orientation", "blend_alpha", "crop_rounding"}) {
    EXPECT_THAT(card, HasSubstr(fmt::format("pixels.get(\"{}\")", key)));
  }
}

TEST_F(BundleFolder, HoldsSiglipsTokenizerAndBias) {
  content_.model = random_model({"model.logit_bias=true"});
  {
    const torch::NoGradGuard no_grad;
    content_.model->named_parameters()["logit_bias"].fill_(-12.5);
  }
  content_.tokenizer = {{"spiece.model", std::string("\x00\xff\r\n", 4)},
                        {"tokenizer_config.json", "{}"}};
  const auto files = write_bundle(out_, content_);
  EXPECT_FALSE(files.contains("tokenizer.json"));
  EXPECT_EQ(read_file(out_ / "spiece.model"), content_.tokenizer[0].second);
  EXPECT_TRUE(bundle::Manifest(out_).lists("tokenizer_config.json"));
  const auto config = nlohmann::json::parse(read_file(out_ / "config.json"));
  EXPECT_EQ(config["tokenizer"], (nlohmann::json{"spiece.model", "tokenizer_config.json"}));
  EXPECT_EQ(config["logit_bias"], -12.5);
  const auto card = read_file(out_ / "README.md");
  EXPECT_THAT(card, HasSubstr("SiglipTokenizer.from_pretrained"));
  EXPECT_THAT(card, testing::Not(HasSubstr("tokenizer.json\"")));
  EXPECT_THAT(card, HasSubstr(", plus -12.5. ONNX"));
}

TEST_F(BundleFolder, ProvesItselfByManifestAndSelftest) {
  write_bundle(out_, content_);
  bundle::verify_manifest(out_);

  const bundle::SafetensorsFile selftest(out_ / "selftest.safetensors");
  EXPECT_THAT(selftest.metadata(), ElementsAre(Pair("texts", "[\"a\",\"笑\"]")));
  EXPECT_THAT(selftest.tensor("pixel_values").shape, ElementsAre(5, 3, 48, 48));
  EXPECT_THAT(selftest.tensor("input_ids").shape, ElementsAre(5, 12));
  const torch::NoGradGuard no_grad;
  const auto expected = content_.model->encode_text(
      content_.selftest.input_ids, content_.selftest.attention_mask.to(torch::kBool));
  EXPECT_THAT(
      selftest.floats("text_embeds"),
      testing::ElementsAreArray(expected.data_ptr<float>(), static_cast<size_t>(expected.numel())));

  auto graph = read_file(out_ / "onnx" / "text_encoder.onnx");
  graph[graph.size() / 2] ^= 1;
  write_file(out_ / "onnx" / "text_encoder.onnx", graph);
  expect_error(ErrorCode::kBadData, {"onnx/text_encoder.onnx", "damaged"},
               [&] { bundle::verify_manifest(out_); });
}

TEST_F(BundleFolder, HoldsInt8AndItsMetrics) {
  const auto in_int8 = [](const Graph& graph, const Tensors& inputs) {
    return quantized(graph, calibrate(graph, {inputs}, {}), {});
  };
  const Tensors images{{"pixel_values", content_.selftest.pixel_values}};
  const Tensors texts{{"input_ids", content_.selftest.input_ids},
                      {"attention_mask", content_.selftest.attention_mask}};
  content_.int8 = Encoders{in_int8(image_encoder(content_.model), images),
                           in_int8(text_encoder(content_.model), texts)};
  content_.metrics = bundle::MetricsFile{};
  content_.metrics->pairs = 7;
  content_.metrics->results = {{"torch", {{"mean/recall@1", 0.5}}},
                               {"torch_int8", {{"mean/recall@1", 0.4375}}}};
  content_.metrics->layers = {{"image.stem/Conv", 0.1, true}, {"text_projection/MatMul", 0, false}};
  content_.metrics->qat_steps = 20;
  write_bundle(out_, content_);
  bundle::verify_manifest(out_);
  for (const char* name : {"onnx/image_encoder_int8.onnx", "onnx/text_encoder_int8.onnx"}) {
    EXPECT_EQ(read_onnx(out_ / name).ops.count("QuantizeLinear"), 1u) << name;
  }
  EXPECT_EQ(read_file(out_ / "metrics.json"), to_json(*content_.metrics));
  const auto card = read_file(out_ / "README.md");
  EXPECT_THAT(card, HasSubstr("| mean/recall@1 | 50.0 | 43.8 |"));
  EXPECT_THAT(card, HasSubstr("1 of 2 layers are int8; fp32 are image.stem/Conv"));
  EXPECT_THAT(card, HasSubstr("trained for int8 in 20 steps"));

  const bundle::SafetensorsFile selftest(out_ / "selftest.safetensors");
  const auto expected = Evaluator(content_.int8->image).run(images).at(0);
  const auto found = selftest.floats("image_embeds_int8");
  EXPECT_THAT(found, testing::ElementsAreArray(expected.data_ptr<float>(),
                                               static_cast<size_t>(expected.numel())));
  EXPECT_NE(found, selftest.floats("image_embeds"));
  EXPECT_NE(selftest.floats("text_embeds_int8"), selftest.floats("text_embeds"));
}

// A card that is brought up to date later is the one that an export would have written.
TEST_F(BundleFolder, ItsCardCanFollowItsMetrics) {
  content_.notes = "## Accuracy\n\nMine.\n\n## Encoders\n\nMine too.\n";
  const auto card = [&](std::optional<bundle::MetricsFile> metrics) {
    content_.metrics = std::move(metrics);
    write_bundle(out_, content_);
    return read_file(out_ / "README.md");
  };
  bundle::MetricsFile before, after;
  before.pairs = after.pairs = 7;
  before.results = {{"torch", {{"mean/recall@1", 0.5}}}};
  after.results = before.results;
  after.results["onnx_fp32"] = {{"mean/recall@1", 0.4375}, {"en/zero_shot/accuracy", 0.125}};
  const auto without = card({}), old = card(before), wanted = card(after);
  EXPECT_THAT(wanted, HasSubstr("| en/zero_shot/accuracy | 12.5 | |"));
  const auto bytes = to_json(after).size();
  for (const auto& text : {without, old, wanted}) {
    EXPECT_EQ(bundle::with_metrics(text, after, bytes), wanted);
  }
}

TEST_F(BundleFolder, HoldsWeightsInHalfTheBytes) {
  write_bundle(out_, content_);
  const auto whole = fs::file_size(out_ / "onnx" / "text_encoder.onnx");
  content_.half = true;
  content_.notes = "## Licences\n\nMIT.\n";
  write_bundle(out_, content_);
  bundle::verify_manifest(out_);
  EXPECT_LT(fs::file_size(out_ / "onnx" / "text_encoder.onnx"), 0.6 * whole);
  for (const char* name : {"onnx/image_encoder.onnx", "onnx/text_encoder.onnx"}) {
    EXPECT_EQ(read_onnx(out_ / name).ops.count("Cast"), 1u) << name;
  }

  EXPECT_TRUE(read_file(out_ / "README.md").ends_with("```\n\n" + content_.notes));

  // fp16 keeps 11 bits: near the module's embeddings, and what the graphs give to the last digits.
  const torch::NoGradGuard no_grad;
  const auto module = content_.model->encode_image(content_.selftest.pixel_values);
  const auto graph = Evaluator(with_half_weights(image_encoder(content_.model)))
                         .run({{"pixel_values", content_.selftest.pixel_values}})
                         .at(0);
  auto found = bundle::SafetensorsFile(out_ / "selftest.safetensors").floats("image_embeds");
  const auto stored = torch::from_blob(found.data(), module.sizes());
  const auto distance = [&](const torch::Tensor& other) {
    return (stored - other).abs().max().item<double>();
  };
  EXPECT_EQ(distance(graph), 0);
  EXPECT_LT(distance(module), 5e-3);
  EXPECT_GT(distance(module), 0);
}

TEST(HalfWeights, RefuseWhatFp16CannotHold) {
  Graph graph;
  graph.name = "image_encoder";
  graph.initializers = {{"image.stem.weight", torch::full({16, 16}, 65520.0f)}};
  expect_error(ErrorCode::kBadData, {"image_encoder", "image.stem.weight", "65,504"},
               [&] { with_half_weights(graph); });
  graph.initializers = {{"image.stem.bias", torch::full({16}, 65520.0f)}};  // stays in fp32
  EXPECT_TRUE(with_half_weights(graph).nodes.empty());
  // A causal mask is added to scores, and its lowest float stands for minus infinity.
  graph.initializers = {
      {"text.causal", torch::full({16, 16}, std::numeric_limits<float>::lowest())}};
  EXPECT_TRUE(with_half_weights(graph).nodes.empty());
}

TEST_F(BundleFolder, IsNotWrittenOfATowerThatGivesNoNumbers) {
  const torch::NoGradGuard no_grad;
  for (const std::string tower : {"image", "text"}) {
    content_.model = random_model({});
    for (auto& parameter : content_.model->named_parameters()) {
      if (parameter.key().starts_with(tower + "_projection")) parameter.value().fill_(NAN);
    }
    expect_error(ErrorCode::kBadData, {tower + "_embeds", tower + " tower", "not finite"},
                 [&] { write_bundle(out_, content_); });
    EXPECT_THAT(listing(), testing::IsEmpty());
  }
}

TEST_F(BundleFolder, ReplacesAnOlderBundle) {
  write_bundle(out_, content_);
  write_file(out_ / "config.json", "{\"format\": \"clipstill-bundle\", \"version\": 0}");
  write_file(out_ / "onnx" / "left_over", "");
  bundle::write_manifest(out_);
  write_bundle(out_.string() + "/", content_);
  bundle::verify_manifest(out_);
  EXPECT_FALSE(fs::exists(out_ / "onnx" / "left_over"));
  EXPECT_THAT(listing(), ElementsAre("bundle"));
}

TEST_F(BundleFolder, KeepsFilesThatWereAddedToABundle) {
  write_bundle(out_, content_);
  write_file(out_ / "onnx" / "labels.txt", "dog");
  expect_error(ErrorCode::kUsage, {(out_ / "onnx" / "labels.txt").string(), "another folder"},
               [&] { write_bundle(out_, content_); });
  EXPECT_EQ(read_file(out_ / "onnx" / "labels.txt"), "dog");
}

TEST_F(BundleFolder, KeepsWhatIsNotAnOlderBundle) {
  const std::pair<const char*, const char*> others[] = {
      {"{\"format\": \"clipstill-model\", \"version\": 1}", "is not a bundle"},
      {"not JSON", "is not a bundle"},
      {"{\"format\": \"clipstill-bundle\", \"version\": 2}", "newer"}};
  make_folders(out_);
  for (const auto& [config, message] : others) {
    write_file(out_ / "config.json", config);
    expect_error(ErrorCode::kUsage, {out_.string(), message, "another folder"},
                 [&] { write_bundle(out_, content_); });
    EXPECT_EQ(read_file(out_ / "config.json"), config);
  }
  write_file(folder_ / "file", "x");
  expect_error(ErrorCode::kUsage, {"is not a bundle"},
               [&] { write_bundle(folder_ / "file", content_); });
}

TEST_F(BundleFolder, LeavesNothingWhereItCannotBeWritten) {
  write_file(folder_ / "file", "x");
  expect_error(ErrorCode::kResource, {"file/bundle"},
               [&] { write_bundle(folder_ / "file" / "bundle", content_); });
  content_.selftest.input_ids.fill_(kRandomVocabulary);  // libtorch refuses it, late
  EXPECT_ANY_THROW(write_bundle(out_, content_));
  EXPECT_THAT(listing(), ElementsAre("file"));
}

}  // namespace
}  // namespace clipstill::exporter
