// Published models against their own libraries: tests/reference/teacher_goldens.py.
#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>

#include "../../unit/core/expect_error.h"
#include "../../unit/core/scratch_folder.h"
#include "core/files.h"
#include "image/codec.h"
#include "train/batch_tensors.h"
#include "train/evaluate.h"
#include "train/model_folder.h"
#include "train/published_writer.h"

namespace clipstill::train {
namespace {

const fs::path kData = CLIPSTILL_TEST_DATA;
constexpr double kTolerance = 1e-5;  // fp32 sums in another order, weights of deviation 1

const nlohmann::json& goldens() {
  static const auto root = nlohmann::json::parse(read_file(kData / "teacher" / "goldens.json"));
  return root;
}

void expect_rows(const torch::Tensor& rows, const nlohmann::json& expected) {
  ASSERT_EQ(rows.size(0), static_cast<int64_t>(expected.size()));
  for (int64_t i = 0; i < rows.size(0); ++i) {
    const auto wanted = torch::tensor(expected[i].get<std::vector<float>>());
    ASSERT_EQ(rows.size(1), wanted.size(0));
    EXPECT_LT((rows[i] - wanted).abs().max().item<double>(), kTolerance) << "row " << i;
  }
}

class PublishedModel : public testing::TestWithParam<std::string> {
 protected:
  Model model = load_model(kData / "teacher" / GetParam());
  const nlohmann::json& expected = goldens()["models"][GetParam()];
  const torch::InferenceMode guard;
};

TEST_P(PublishedModel, EmbedsImagesAsItsLibraryDoes) {
  const auto images = goldens()["images"].get<std::vector<std::string>>();
  std::vector<float> pixels(model.preprocess.tensor_size() * images.size());
  for (size_t i = 0; i < images.size(); ++i) {
    const MappedFile file(kData / "image" / images[i]);
    const auto size = model.preprocess.tensor_size();
    image::preprocess(image::decode(file.bytes(), images[i]), model.preprocess,
                      std::span(pixels).subspan(i * size, size));
  }
  const auto count = static_cast<int64_t>(images.size());
  expect_rows(model.network->encode_image(image_tensor(pixels, count, model.preprocess.size)),
              expected["images"]);
}

TEST_P(PublishedModel, EmbedsTextsAsItsLibraryDoes) {
  const auto texts = goldens()["texts"].get<std::vector<std::string>>();
  const auto rows = embed_texts(model, texts);
  const auto dim = static_cast<int64_t>(rows.size() / texts.size());
  expect_rows(torch::tensor(rows).view({-1, dim}), expected["texts"]);
}

TEST_P(PublishedModel, TextsDoNotDependOnTheBatchOrItsPadding) {
  const auto texts = goldens()["texts"].get<std::vector<std::string>>();
  const auto together = embed_texts(model, texts);
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto alone = embed_texts(model, {texts[i]});
    for (size_t d = 0; d < alone.size(); ++d) {
      EXPECT_NEAR(alone[d], together[i * alone.size() + d], kTolerance) << texts[i];
    }
  }
}

TEST_P(PublishedModel, HasItsScaleAndBias) {
  EXPECT_NEAR(model.network->scale().item<double>(), expected["scale"].get<double>(), 1e-4);
  EXPECT_NEAR(model.network->logit_bias(), expected["bias"].get<double>(), 1e-6);
}

// transformers reads what we write (tests/reference/convert_sweep.py); here, that nothing is lost.
TEST_P(PublishedModel, ConvertedItIsTheSameModel) {
  const ScratchFolder scratch;
  const auto folder = scratch / "converted";
  const auto& image = model.network->options().image.arch;
  if (image == "clip_resnet") {
    expect_error(ErrorCode::kUsage, {image, model.network->options().text.arch, "clip_vit"},
                 [&] { save_published(folder, model); });
    return;
  }
  save_published(folder, model);
  auto again = load_model(folder);
  const auto before = named_tensors(*model.network);
  for (const auto& [name, tensor] : named_tensors(*again.network)) {
    EXPECT_TRUE(torch::equal(tensor, before.at(name))) << name;
  }
  const auto texts = goldens()["texts"].get<std::vector<std::string>>();
  EXPECT_EQ(embed_texts(again, texts), embed_texts(model, texts));
  EXPECT_EQ(again.preprocess.fingerprint(), model.preprocess.fingerprint());
  EXPECT_EQ(again.tokenizer->fingerprint(), model.tokenizer->fingerprint());
}

// As `teacher pack` writes it, or a run.
TEST_P(PublishedModel, SavedAsOneOfOursItIsTheSameModel) {
  const ScratchFolder scratch;
  const auto folder = scratch / "ours";
  save_model(folder, model, named_tensors(*model.network));
  auto again = load_model(folder);
  const auto texts = goldens()["texts"].get<std::vector<std::string>>();
  EXPECT_EQ(embed_texts(again, texts), embed_texts(model, texts));
  EXPECT_EQ(again.tokenizer->fingerprint(), model.tokenizer->fingerprint());
}

TEST(PublishedSiglip, KeepsItsTokenizersFile) {
  const auto siglip = kData / "teacher" / "siglip";
  const auto model = load_model(siglip);
  const ScratchFolder scratch;
  save_published(scratch / "converted", model);
  save_model(scratch / "ours", model, named_tensors(*model.network));
  const auto file = read_file(siglip / "spiece.model");
  EXPECT_EQ(read_file(scratch / "converted/spiece.model"), file);
  EXPECT_EQ(read_file(scratch / "ours/spiece.model"), file);
  EXPECT_FALSE(fs::exists(scratch / "converted/tokenizer.json"));
  fs::copy_file(kData / "text" / "vocab.txt", scratch / "ours/vocab.txt");  // looked at by nobody
  load_model(scratch / "ours");
  auto config = nlohmann::json::parse(read_file(scratch / "ours/tokenizer_config.json"));
  config["do_lower_case"] = false;
  write_file(scratch / "ours/tokenizer_config.json", config.dump());
  expect_error(ErrorCode::kBadData, {"spiece.model is not the one"},
               [&] { load_model(scratch / "ours"); });
}

// What transformers would load with weights that it makes up, or not at all.
TEST(PublishedModels, WithAnotherPartThanTheirClassAreNotConverted) {
  const ScratchFolder scratch;
  const auto refused = [&](const char* name, auto change, const std::vector<std::string>& words) {
    auto model = load_model(kData / "teacher" / name);
    auto options = model.network->options();
    change(options);
    model.network = make_network(options, *model.tokenizer, 1);
    expect_error(ErrorCode::kUsage, words, [&] { save_published(scratch / "out", model); });
    EXPECT_FALSE(fs::exists(scratch / "out"));
  };
  using Options = nn::ClipModelOptions;
  refused("clip", [](Options& o) { o.text_projection = "affine"; },
          {"CLIPModel", "has no \"text_projection.bias\""});
  refused("siglip", [](Options& o) { o.text_projection = "linear"; },
          {"SiglipModel", "also has a \"text_projection.bias\""});
  refused("siglip", [](Options& o) { o.logit_bias = false; }, {"also has a \"logit_bias\""});
  refused("siglip", [](Options& o) { o.image_projection = "linear"; },
          {"has no \"image_projection.weight\""});
  refused("siglip", [](Options& o) { o.text.embedding_width = 4; }, {"has no \"text.embedding."});
  refused("siglip", [](Options& o) { o.text.positions = 40; }, {"positions is 40", "context 20"});
}

// CLIPModel would look at the greatest token of a text.
TEST(PublishedModels, WithAnEndTokenThatMeansAnotherAreNotConverted) {
  const ScratchFolder scratch;
  auto model = load_model(kData / "teacher" / "clip");
  write_file(scratch / "vocab.txt", "[PAD]\n[UNK]\n[SEP]\n[CLS]\n[MASK]\na\nphoto\n");
  model.tokenizer = text::load_tokenizer(scratch / "vocab.txt");
  model.network = make_network(model.network->options(), *model.tokenizer, 1);
  expect_error(ErrorCode::kUsage, {"token 2", "CLIPModel", "greatest"},
               [&] { save_published(scratch / "out", model); });
  EXPECT_FALSE(fs::exists(scratch / "out"));
}

// The vocabulary of a run need not be that of the class, nor the way its images are cut.
TEST(PublishedModels, NameTheirOwnTokenizerAndImageProcessor) {
  const ScratchFolder scratch;
  auto model = load_model(kData / "teacher" / "siglip");
  model.tokenizer = text::load_tokenizer(kData / "text" / "vocab.txt");
  model.network = make_network(model.network->options(), *model.tokenizer, 1);
  model.preprocess.resize_mode = image::ResizeMode::kShortestEdge;
  save_published(scratch / "out", model);
  const auto tokens = nlohmann::json::parse(read_file(scratch / "out/tokenizer_config.json"));
  EXPECT_EQ(tokens["tokenizer_class"], "BertTokenizer");
  EXPECT_EQ(tokens["model_input_names"], nlohmann::json::array({"input_ids"}));
  const auto pixels = nlohmann::json::parse(read_file(scratch / "out/preprocessor_config.json"));
  EXPECT_EQ(pixels["image_processor_type"], "CLIPImageProcessor");
  auto again = load_model(scratch / "out");
  EXPECT_EQ(embed_texts(again, {"a photo", ""}), embed_texts(model, {"a photo", ""}));
}

// Weights of another library in the same folder, as timm and laion publish them, are left alone.
TEST(PublishedModels, AreLoadedFromTheFileOfTheirFamily) {
  for (const auto& [name, other, added] :
       std::vector<std::array<std::string, 3>>{{"open_clip", "siglip", "model.safetensors"},
                                               {"clip", "open_clip", "open_clip_model.safetensors"},
                                               {"clip", "open_clip", "open_clip_config.json"}}) {
    const ScratchFolder scratch;
    const auto folder = scratch / name;
    fs::copy(kData / "teacher" / name, folder);
    const auto before = weights_fingerprint(folder);
    auto alone = load_model(folder);
    const auto rows = embed_texts(alone, {"a photo"});
    fs::copy_file(kData / "teacher" / other / added, folder / added);
    EXPECT_EQ(weights_fingerprint(folder), before) << name << " " << added;
    auto beside = load_model(folder);
    EXPECT_EQ(embed_texts(beside, {"a photo"}), rows) << name << " " << added;
  }
}

INSTANTIATE_TEST_SUITE_P(Families, PublishedModel,
                         testing::Values("clip", "chinese_clip", "siglip", "open_clip",
                                         "open_clip_resnet"),
                         [](const auto& family) { return family.param; });

}  // namespace
}  // namespace clipstill::train
