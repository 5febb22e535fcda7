#include "train/tensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../core/expect_error.h"
#include "bundle/safetensors.h"
#include "tiny_models.h"

namespace clipstill::train {
namespace {

TEST(Tensors, Fp32ComesBackBitForBit) {
  const ScratchFolder scratch;
  const auto transposed = torch::randn({3, 4}).t();  // not contiguous
  const NamedTensors saved{{"t", transposed},
                           {"scalar", torch::tensor(0.1f)},
                           {"odd", torch::tensor({-0.0f, 1e-42f, INFINITY, 3.4e38f})}};
  save_tensors(scratch / "a", saved, /*half=*/false, {{"format", "pt"}});
  auto loaded = copy_of(saved);
  for (auto& [name, tensor] : loaded) tensor = torch::full_like(tensor.contiguous(), 7);
  load_tensors(scratch / "a", loaded);
  expect_same(loaded, saved);
  EXPECT_TRUE(std::signbit(loaded.at("odd")[0].item<float>()));
  EXPECT_EQ(bundle::SafetensorsFile(scratch / "a").metadata().at("format"), "pt");
}

TEST(Tensors, Fp16IsRoundingToHalf) {
  const ScratchFolder scratch;
  torch::manual_seed(1);
  const NamedTensors saved{{"t", torch::randn({1000})}};
  save_tensors(scratch / "a", saved, /*half=*/true);
  const NamedTensors loaded{{"t", torch::zeros({1000})}};
  load_tensors(scratch / "a", loaded);
  EXPECT_TRUE(torch::equal(loaded.at("t"), saved.at("t").to(torch::kHalf).to(torch::kFloat)));
  EXPECT_FALSE(torch::equal(loaded.at("t"), saved.at("t")));
}

TEST(Tensors, WhatDoesNotFitIsListedAndNothingIsLoaded) {
  const ScratchFolder scratch;
  save_tensors(
      scratch / "a",
      {{"same", torch::ones({2})}, {"shape", torch::ones({2, 3})}, {"more", torch::ones({1})}});
  const NamedTensors tensors{
      {"same", torch::zeros({2})}, {"shape", torch::zeros({3, 2})}, {"lacking", torch::zeros({1})}};
  expect_error(ErrorCode::kBadData,
               {(scratch / "a").string(), "missing: lacking", "unexpected: more",
                "shape (expected [3, 2], found [2, 3])"},
               [&] { load_tensors(scratch / "a", tensors); });
  EXPECT_TRUE(torch::equal(tensors.at("same"), torch::zeros({2})));
}

TEST(Tensors, NamesAreThoseOfTheModule) {
  auto options = tiny_options();
  options.image.arch = "resnet";
  const auto model = nn::make_clip_model(options, 1);
  const auto tensors = named_tensors(*model, "student.");
  size_t floats = model->parameters().size();
  for (const auto& buffer : model->named_buffers()) {
    floats += buffer.value().is_floating_point();
    EXPECT_EQ(tensors.contains("student." + buffer.key()), buffer.value().is_floating_point());
  }
  EXPECT_EQ(tensors.size(), floats);
  // Live: a change of the module shows.
  const torch::NoGradGuard no_grad;
  model->parameters().front().fill_(3);
  const auto name = "student." + model->named_parameters()[0].key();
  EXPECT_TRUE((tensors.at(name) == 3).all().item<bool>());
}

}  // namespace
}  // namespace clipstill::train
