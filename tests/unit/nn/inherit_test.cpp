// Teachers whose function is known to need no more than the student has: then nothing is lost.
#include "nn/inherit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../core/expect_error.h"
#include "../core/sanitizers.h"
#include "core/machine.h"
#include "nn/low_rank.h"
#include "nn/named_tensors.h"
#include "tensors.h"

namespace clipstill::nn {
namespace {

constexpr int64_t kTokens = 11, kPlaces = 6;

ClipModelOptions teacher_options(const std::string& image, const std::string& text) {
  ClipModelOptions options;
  options.image.arch = image;
  options.image.size = 16;
  options.image.width = 8;
  options.image.blocks = {1, 2};
  options.image.head_width = 4;
  options.text.arch = text;
  options.text.vocabulary = kTokens;
  options.text.end_id = 9;
  options.text.context = kPlaces;
  options.text.width = 8;
  options.text.layers = 3;
  options.text.head_width = 4;
  options.embed_dim = 5;
  return options;
}

ClipModel random_teacher(const ClipModelOptions& options) {
  auto model = make_clip_model(options, 1);
  randomise(*model, 7);
  model->eval();
  return model;
}

ClipModel student_of(const ClipModelOptions& options) {
  auto model = make_clip_model(options, 2);
  model->eval();
  return model;
}

PieceMap same_pieces() {
  PieceMap pieces;
  for (int32_t id = 0; id < kTokens; ++id) pieces.push_back({id});
  return pieces;
}

torch::Tensor some_images() {
  return normal({3, 3, 16, 16}, 3).to(torch::kFloat);
}

torch::Tensor embedded_texts(ClipModel& model) {
  const auto ids = torch::arange(3 * kPlaces).remainder(kTokens).view({3, kPlaces});
  const auto mask = torch::arange(kPlaces).unsqueeze(0) < torch::tensor({{3}, {6}, {1}});
  return model->encode_text(ids, mask);
}

class EqualSizes : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(EqualSizes, EmbedTheSame) {
  const torch::NoGradGuard no_grad;
  auto options = teacher_options(GetParam().first, GetParam().second);
  options.text.embedding_width = 3;
  options.image_projection = "affine";
  auto teacher = random_teacher(options), student = student_of(options);
  ASSERT_GT(largest_difference(teacher->encode_image(some_images()),
                               student->encode_image(some_images())),
            0.1);
  inherit_image(*student, *teacher, some_images());
  inherit_text(*student, *teacher, same_pieces());
  EXPECT_LT(largest_difference(teacher->encode_image(some_images()),
                               student->encode_image(some_images())),
            1e-5);
  EXPECT_LT(largest_difference(embedded_texts(teacher), embedded_texts(student)), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Inherit, EqualSizes,
                         testing::Values(std::pair{"resnet", "transformer"},
                                         std::pair{"vit", "clip_text"}));

// Stream: three directions and the constant one. Heads: half of their channels. Feed-forward: every
// third unit. Layers: the one in the middle does nothing.
TEST(Inherit, ATransformerOfFewDirectionsIsKeptWhole) {
  const torch::NoGradGuard no_grad;
  auto options = teacher_options("resnet", "transformer");
  options.text.mlp_width = 12;
  auto teacher = random_teacher(options);
  const auto tensors = named_tensors(*teacher);
  const auto random = normal({8, 3}, 5).to(torch::kFloat);
  const auto directions = std::get<0>(at::linalg_qr(random - random.mean(0)));  // [8, 3]
  const auto kept = directions.matmul(directions.t()) + 1.0 / 8;
  const auto multiply = [](torch::Tensor tensor, const torch::Tensor& by) {
    tensor.copy_(tensor.matmul(by));
  };
  multiply(tensors.at("text.embedding.table.weight"), kept);
  multiply(tensors.at("text.position"), kept);
  const auto channels = torch::tensor({1, 0, 0, 1}).repeat({2});  // of each of two heads
  const auto units = torch::tensor({0, 1, 0}).repeat({4});
  for (const std::string layer : {"0", "1", "2"}) {
    const auto name = "text.transformer.layer" + layer + ".";
    tensors.at(name + "qkv.weight").narrow(0, 0, 8).mul_(channels.unsqueeze(1));  // queries
    tensors.at(name + "qkv.bias").narrow(0, 0, 8).mul_(channels);
    tensors.at(name + "out.weight").mul_(channels);
    tensors.at(name + "fc2.weight").mul_(units);
    for (const std::string writer : {"out.", "fc2."}) {
      auto weight = tensors.at(name + writer + "weight");
      weight.copy_(kept.matmul(weight));
      multiply(tensors.at(name + writer + "bias"), kept);
      if (layer == "1") {
        weight.zero_();
        tensors.at(name + writer + "bias").zero_();
      }
    }
  }
  options.text.width = 4;
  options.text.layers = 2;
  options.text.head_width = 2;
  options.text.embedding_width = 3;
  options.text.mlp_width = 4;
  auto student = student_of(options);
  inherit_text(*student, *teacher, same_pieces());
  EXPECT_LT(largest_difference(embedded_texts(teacher), embedded_texts(student)), 1e-5);
}

// Every second channel is written by nothing and read by nothing.
TEST(Inherit, AResNetLosesDeadChannels) {
  const torch::NoGradGuard no_grad;
  auto options = teacher_options("resnet", "transformer");
  auto teacher = random_teacher(options);
  for (const auto& [name, tensor] : named_tensors(*teacher)) {
    if (!name.starts_with("image")) continue;
    const auto alive = [](int64_t count) { return torch::arange(count).remainder(2); };
    if (name.ends_with("bn.weight") || name.ends_with("bn.bias")) {
      tensor.mul_(alive(tensor.size(0)));
    } else if (name.ends_with(".weight") && tensor.size(1) > 3) {
      tensor.mul_(alive(tensor.size(1))
                      .view(tensor.dim() == 4 ? at::IntArrayRef{-1, 1, 1} : at::IntArrayRef{-1}));
    }
  }
  options.image.width = 4;
  auto student = student_of(options);
  inherit_image(*student, *teacher, some_images());
  EXPECT_LT(largest_difference(teacher->encode_image(some_images()),
                               student->encode_image(some_images())),
            1e-5);
}

TEST(Inherit, ATokenOfSeveralPiecesIsTheirMean) {
  const torch::NoGradGuard no_grad;
  const auto options = teacher_options("resnet", "transformer");
  auto teacher = random_teacher(options), student = student_of(options);
  auto pieces = same_pieces();
  pieces[4] = {2, 3};
  pieces[5] = {};
  inherit_text(*student, *teacher, pieces);
  auto table = named_tensors(*teacher).at("text.embedding.table.weight");
  table[4] = (table[2] + table[3]) / 2;
  table[5] = (table.sum(0) - table[5]) / (kTokens - 1);
  EXPECT_LT(largest_difference(embedded_texts(teacher), embedded_texts(student)), 1e-5);
}

TEST(Inherit, ScaleAsFarAsTheStudentMayGo) {
  auto options = teacher_options("resnet", "transformer");
  options.initial_scale = 50;
  auto teacher = make_clip_model(options, 1);
  options.initial_scale = 10;
  auto free = make_clip_model(options, 1);
  options.max_scale = 20;
  auto bound = make_clip_model(options, 1);
  inherit_scale(*free, *teacher);
  inherit_scale(*bound, *teacher);
  EXPECT_NEAR(free->scale().item<double>(), 50, 1e-4);
  EXPECT_NEAR(bound->scale().item<double>(), 20, 1e-4);
}

// Another joint space: the projection stays as it was.
TEST(Inherit, AnotherJointSpaceKeepsItsProjections) {
  auto options = teacher_options("resnet", "transformer");
  auto teacher = make_clip_model(options, 1);
  options.embed_dim = 4;
  auto student = make_clip_model(options, 2);
  const auto seeded = make_clip_model(options, 2);
  inherit_image(*student, *teacher, some_images());
  inherit_text(*student, *teacher, same_pieces());
  const auto tensors = named_tensors(*student), before = named_tensors(*seeded);
  for (const std::string name : {"image_projection.weight", "text_projection.weight"}) {
    EXPECT_TRUE(torch::equal(tensors.at(name), before.at(name))) << name;
  }
  EXPECT_TRUE(torch::equal(tensors.at("image.stem.conv.weight"),
                           named_tensors(*teacher).at("image.stem.conv.weight")));
}

TEST(Inherit, WhatDoesNotFitIsRefusedByItsKey) {
  const auto base = teacher_options("resnet", "transformer");
  auto teacher = make_clip_model(base, 1);
  const auto refused = [&](const ClipModelOptions& options, const std::vector<std::string>& words) {
    auto student = make_clip_model(options, 2);
    expect_error(ErrorCode::kUsage, words, [&] {
      inherit_image(*student, *teacher, some_images());
      inherit_text(*student, *teacher, same_pieces());
    });
  };
  auto options = base;
  options.image.arch = "mobile";
  refused(options, {"model.image.arch is mobile", "teacher's tower is resnet", "model.inherit"});
  options = base;
  options.text.arch = "lstm";
  refused(options, {"model.text.arch is lstm", "transformer, clip_text"});
  options = base;
  options.image.width = 12;
  refused(options, {"model.image.width is 12", "teacher has 8"});
  options = base;
  options.image.blocks = {2, 2};
  refused(options, {"model.image.blocks is 2", "teacher has 1"});
  options = base;
  options.text.layers = 4;
  refused(options, {"model.text.layers is 4", "teacher has 3"});
  options = base;
  options.text.activation = "quick_gelu";
  refused(options, {"model.text.activation is quick_gelu, the teacher's is gelu",
                    "or model.text.activation"});
  options = base;
  options.text.norm_epsilon = 1e-6;
  refused(options, {"model.text.norm_epsilon is 1e-06, the teacher's is 1e-05"});
}

TEST(Inherit, AVitOfAnotherFunctionIsRefusedByItsKey) {
  const auto base = teacher_options("vit", "transformer");
  auto teacher = make_clip_model(base, 1);
  const auto refused = [&](const ClipModelOptions& options, const std::string& words) {
    auto student = make_clip_model(options, 2);
    expect_error(ErrorCode::kUsage, {words},
                 [&] { inherit_image(*student, *teacher, some_images()); });
  };
  auto options = base;
  options.image.activation = "gelu_tanh";
  refused(options, "model.image.activation is gelu_tanh, the teacher's is gelu:");
  options = base;
  options.image.norm_epsilon = 1e-12;
  refused(options, "model.image.norm_epsilon is 1e-12, the teacher's is 1e-05:");
}

// Bytes that `work` has in memory at once, beside what is there before.
template <class Work>
int64_t growth(Work&& work) {
  forget_peak_memory();
  const int64_t before = peak_memory();
  work();
  return peak_memory() - before;
}

TEST(Inherit, HoldsNoWholeTeacherInDouble) {
  if (kHasSanitizer) GTEST_SKIP() << "the sanitizer keeps memory that was given back";
  auto options = teacher_options("resnet", "transformer");
  options.text.layers = 16;
  options.text.mlp_width = 1 << 14;  // 32 MiB in double, all layers
  auto teacher = make_clip_model(options, 1);
  options.text.layers = 2;
  options.text.mlp_width = 8;
  auto student = make_clip_model(options, 2);
  const auto inheriting = growth([&] { inherit_text(*student, *teacher, same_pieces()); });
  const auto copying = growth([&] {
    std::vector<torch::Tensor> copies;
    for (const auto& weight : teacher->parameters()) copies.push_back(weight.to(torch::kDouble));
  });
  EXPECT_LE(inheriting, copying / 2);
}

TEST(LowRank, TheNearestOfItsRank) {
  const auto diagonal = torch::diag(torch::tensor({1.0, 3.0, 2.0}, torch::kDouble));
  const auto [a, b] = low_rank(diagonal, torch::eye(3, torch::kDouble), 2);
  EXPECT_LT(
      largest_difference(a.matmul(b), torch::diag(torch::tensor({0.0, 3.0, 2.0}, torch::kDouble))),
      1e-12);
  EXPECT_LT(largest_difference(a.t().matmul(a), b.matmul(b.t())), 1e-12);  // balanced
}

TEST(LowRank, IsExactFromTheRankOnAndPadsWithZeros) {
  const auto left = normal({7, 2}, 1), right = normal({2, 5}, 2);
  for (const int64_t rank : {2, 4}) {
    const auto [a, b] = low_rank(left, right, rank);
    ASSERT_EQ(a.sizes(), (std::vector<int64_t>{7, rank}));
    ASSERT_EQ(b.sizes(), (std::vector<int64_t>{rank, 5}));
    EXPECT_LT(largest_difference(a.matmul(b), left.matmul(right)), 1e-12);
  }
}

}  // namespace
}  // namespace clipstill::nn
