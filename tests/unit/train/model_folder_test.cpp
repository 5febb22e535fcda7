#include "train/model_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "../core/expect_error.h"
#include "tiny_models.h"
#include "train/evaluate.h"

namespace clipstill::train {
namespace {

class ModelFolder : public testing::Test {
 protected:
  ModelFolder() : data_(tiny_data()), model_(tiny_model(data_, 3)) {
    model_.preprocess.mean = {0.5f, 0.25f, 0.1f};
    model_.network->eval();
  }
  void save(bool half = false) const {
    save_model(folder(), model_, named_tensors(*model_.network), half);
  }
  fs::path folder() const { return scratch_ / "model"; }
  void edit(const std::string& key, const nlohmann::json& value) const {
    auto config = nlohmann::json::parse(read_file(folder() / "config.json"));
    config[nlohmann::json::json_pointer(key)] = value;
    write_file(folder() / "config.json", config.dump());
  }
  void expect_refused(ErrorCode code, const std::vector<std::string>& words) const {
    expect_error(code, words, [&] { load_model(folder()); });
  }

  ScratchFolder scratch_;
  RunData data_;
  Model model_;
};

TEST_F(ModelFolder, Fp32ComesBackBitForBit) {
  save();
  auto loaded = load_model(folder());
  expect_same(named_tensors(*loaded.network), named_tensors(*model_.network));
  EXPECT_EQ(loaded.tokenizer->fingerprint(), model_.tokenizer->fingerprint());
  EXPECT_EQ(loaded.preprocess.fingerprint(), model_.preprocess.fingerprint());
  EXPECT_EQ(embed_texts(loaded, data_.test.texts()), embed_texts(model_, data_.test.texts()));
  EXPECT_EQ(embed_images(loaded, data_.test), embed_images(model_, data_.test));
  EXPECT_FALSE(loaded.network->is_training());
}

TEST_F(ModelFolder, Fp16IsRoundingToHalf) {
  save(/*half=*/true);
  const auto loaded = named_tensors(*load_model(folder()).network);
  for (const auto& [name, tensor] : named_tensors(*model_.network)) {
    EXPECT_TRUE(torch::equal(loaded.at(name), tensor.to(torch::kHalf).to(torch::kFloat))) << name;
  }
}

TEST_F(ModelFolder, EveryOptionOfTheModelComesBack) {
  save();
  const auto loaded = load_model(folder());
  const auto& a = loaded.network->options();
  const auto& b = model_.network->options();
  EXPECT_EQ(a.image.arch, b.image.arch);
  EXPECT_EQ(a.image.blocks, b.image.blocks);
  EXPECT_EQ(a.image.head_width, b.image.head_width);
  EXPECT_EQ(a.text.context, b.text.context);
  EXPECT_EQ(a.text.head_width, b.text.head_width);
  EXPECT_EQ(a.text.vocabulary, b.text.vocabulary);
  EXPECT_EQ(a.max_scale, b.max_scale);
}

TEST_F(ModelFolder, TheFingerprintIsThatOfTheWeightsAndOfWhatBecomesOfThem) {
  save();
  const auto first = weights_fingerprint(folder());
  save();
  EXPECT_EQ(weights_fingerprint(folder()), first);
  edit("/model/model.text.head_width", 4);  // as many weights, twice the heads
  EXPECT_NE(weights_fingerprint(folder()), first);
  {
    const torch::NoGradGuard no_grad;
    model_.network->parameters().front().flatten()[0].add_(1e-3);
  }
  save();
  EXPECT_NE(weights_fingerprint(folder()), first);
}

TEST_F(ModelFolder, WhatIsNotThereIsNamed) {
  expect_refused(ErrorCode::kMissingFile, {folder().string(), "expected a model folder"});
  for (const std::string name :
       {"tokenizer.json", "preprocessor_config.json", "model.safetensors"}) {
    save();
    fs::remove(folder() / name);
    expect_refused(ErrorCode::kMissingFile, {(folder() / name).string()});
  }
}

TEST_F(ModelFolder, ATokenizerOfAnotherModelIsRefused) {
  save();
  const auto other = text::build_wordpiece(std::vector<std::string_view>{"quite other words"},
                                           model_.tokenizer->vocabulary_size());
  write_file(folder() / "tokenizer.json", other->to_json());
  expect_refused(ErrorCode::kBadData, {folder().string(), "tokenizer"});
  // Equal size is not enough, unless the folder does not tell what it was trained with.
  edit("/model/model.text.vocabulary", other->vocabulary_size());
  expect_refused(ErrorCode::kBadData, {"tokenizer.json is not the one"});
  save();
  edit("/tokenizer", "");
  EXPECT_NO_THROW(load_model(folder()));
}

TEST_F(ModelFolder, AnotherSizeOfImagesIsRefused) {
  save();
  auto preprocess = model_.preprocess;
  preprocess.size = 32;
  write_file(folder() / "preprocessor_config.json", preprocess.to_json());
  expect_refused(ErrorCode::kBadData, {"images of 32 pixels, the model takes 16"});
}

TEST_F(ModelFolder, WeightsOfAnotherShapeAreRefusedByName) {
  save();
  edit("/model/model.embed_dim", 9);
  expect_refused(ErrorCode::kBadData,
                 {(folder() / "model.safetensors").string(), "image_projection.weight (expected"});
}

TEST_F(ModelFolder, AConfigThatIsNotOneIsRefused) {
  save();
  const auto good = read_file(folder() / "config.json");
  for (const std::string bad : {"", "[]", "{}", "{\"format\":\"clipstill-model\",\"version\":1}"}) {
    write_file(folder() / "config.json", bad);
    expect_refused(ErrorCode::kBadData, {(folder() / "config.json").string()});
  }
  write_file(folder() / "config.json", good);
  edit("/version", 2);
  expect_refused(ErrorCode::kBadData, {"version 1"});
}

}  // namespace
}  // namespace clipstill::train
