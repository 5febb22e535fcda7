#include "nn/clip_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tensors.h"

namespace clipstill::nn {
namespace {

ClipModelOptions small(const std::string& image, const std::string& text) {
  ClipModelOptions options;
  options.image.arch = image;
  options.image.size = 16;
  options.image.width = 8;
  options.image.blocks = {1, 1};
  options.image.head_width = 4;
  options.text.arch = text;
  options.text.vocabulary = 11;
  options.text.context = 6;
  options.text.width = 8;
  options.text.head_width = 4;
  options.text.embedding_width = 3;
  options.embed_dim = 5;
  return options;
}

torch::Tensor images() {
  return normal({3, 3, 16, 16}, 1).to(torch::kFloat);
}
torch::Tensor ids() {
  return torch::arange(18).remainder(11).view({3, 6});
}
torch::Tensor text_mask() {
  return torch::arange(6).unsqueeze(0) < torch::tensor({{3}, {6}, {1}});
}

void set_log_scale(ClipModel& model, double value) {
  torch::NoGradGuard no_grad;
  model->named_parameters()["logit_scale"].fill_(value);
}

bool same_weights(const ClipModel& a, const ClipModel& b) {
  const auto left = a->named_parameters(), right = b->named_parameters();
  for (const auto& item : left) {
    if (!torch::equal(item.value(), right[item.key()])) return false;
  }
  return left.size() == right.size();
}

TEST(ClipModel, EncodesAsManyImagesAtOnceAsFitTheCaches) {
  ClipModelOptions options = small("clip_vit", "clip_text");
  options.image.size = 224;
  options.image.patch = 14;
  options.image.width = 1024;
  options.image.head_width = 64;
  options.image.blocks = {1};
  // 257 tokens: the stream and its sum, queries, keys, values and what is made of them, and the
  // scores of 16 heads twice are a little more than the feed-forward part.
  const int64_t activations = 257 * (2 + 6) * 1024 + 2 * 16 * 257 * 257;
  EXPECT_EQ(ClipModel(options)->images_at_once(), (128 << 20) / (4 * activations));
  options.image.size = 1022;  // 5,330 tokens and as many scores each
  EXPECT_EQ(ClipModel(options)->images_at_once(), 1);
}

class EveryPairOfTowers : public testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  ClipModelOptions options_ = small(std::get<0>(GetParam()), std::get<1>(GetParam()));
};

TEST_P(EveryPairOfTowers, EmbeddingsHaveUnitLength) {
  auto model = make_clip_model(options_, 1);
  for (const auto& embeddings :
       {model->encode_image(images()), model->encode_text(ids(), text_mask())}) {
    ASSERT_EQ(embeddings.sizes(), (std::vector<int64_t>{3, 5}));
    for (const double length : values(embeddings.norm(2, 1))) EXPECT_NEAR(length, 1, 1e-6);
  }
}

TEST_P(EveryPairOfTowers, ComponentsSumToTheModel) {
  auto model = make_clip_model(options_, 1);
  int64_t all = 0, sum = 0, image = 0;
  for (const auto& item : model->named_parameters()) {
    all += item.value().numel();
    if (item.key().starts_with("image.")) image += item.value().numel();
  }
  for (const auto& [name, count] : model->parameters_by_component()) sum += count;
  EXPECT_EQ(sum, all);
  const auto components = model->parameters_by_component();
  EXPECT_EQ(components.at("image tower"), image);
  EXPECT_EQ(components.at("logit scale"), 1);
  const auto features = make_image_tower(options_.image)->feature_width() +
                        make_text_tower(options_.text)->feature_width();
  EXPECT_EQ(components.at("projections"), 5 * features);
  EXPECT_EQ(components.at("token embedding"),
            options_.text.arch == "seed_lstm" ? 11 * 768 : 11 * 3 + 3 * 8);
}

TEST_P(EveryPairOfTowers, WeightsDependOnTheSeedAlone) {
  const auto model = make_clip_model(options_, 7);
  torch::manual_seed(123);
  torch::rand({5});
  EXPECT_TRUE(same_weights(model, make_clip_model(options_, 7)));
  EXPECT_FALSE(same_weights(model, make_clip_model(options_, 8)));
}

TEST_P(EveryPairOfTowers, GradientsReachEveryParameter) {
  auto model = make_clip_model(options_, 1);
  randomise(*model, 2);
  set_log_scale(model, 2);
  const auto logits = model->scale() * torch::matmul(model->encode_image(images()),
                                                     model->encode_text(ids(), text_mask()).t());
  EXPECT_EQ(parameters_without_gradient(*model, logits), std::vector<std::string>{});
}

INSTANTIATE_TEST_SUITE_P(All, EveryPairOfTowers,
                         testing::Values(std::tuple("resnet", "transformer"),
                                         std::tuple("mobile", "lstm"),
                                         std::tuple("vit", "transformer"),
                                         std::tuple("seed_conv", "seed_lstm")),
                         [](const auto& test) { return std::get<0>(test.param); });

TEST(ClipModel, ProjectsTheFeatures) {
  const auto options = small("mobile", "lstm");
  auto model = make_clip_model(options, 3);
  model->eval();
  const auto parameters = model->named_parameters();
  const auto tower = model->named_children()["image"];
  const auto features = matrix(tower->as<ImageTower>()->forward(images()));
  const auto projection = matrix(parameters["image_projection.weight"]);  // [D, W]
  const auto embeddings = matrix(model->encode_image(images()));
  for (size_t row = 0; row < features.size(); ++row) {
    Vector expected;
    double squares = 0;
    for (const auto& direction : projection) {
      double sum = 0;
      for (size_t c = 0; c < direction.size(); ++c) sum += direction[c] * features[row][c];
      expected.push_back(sum);
      squares += sum * sum;
    }
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_NEAR(embeddings[row][i], expected[i] / std::sqrt(squares), 1e-5);
    }
  }
}

TEST(ClipModel, ScaleIsClamped) {
  auto options = small("mobile", "lstm");
  EXPECT_NEAR(make_clip_model(options, 1)->scale().item<double>(), 14.285714, 1e-4);
  options.initial_scale = 20;
  options.max_scale = 50;
  auto model = make_clip_model(options, 1);
  EXPECT_NEAR(model->scale().item<double>(), 20, 1e-4);
  set_log_scale(model, std::log(49.0));
  EXPECT_NEAR(model->scale().item<double>(), 49, 1e-4);
  set_log_scale(model, std::log(51.0));
  EXPECT_EQ(model->scale().item<double>(), 50);
}

double gradient_of_scale(ClipModel& model) {
  model->zero_grad();
  const auto scale = model->scale();
  scale.backward();
  return model->named_parameters()["logit_scale"].grad().item<double>();
}

// The derivative of exp(x) is exp(x): a scale at its limit that learns has the limit as gradient.
TEST(ClipModel, AScaleBroughtBackToItsLimitLearns) {
  auto options = small("mobile", "lstm");
  for (const double limit : {100.0, 50.0, 14.3, 7.0, 3.3, 1.0, 0.07, 999.9}) {
    options.max_scale = limit;
    auto model = make_clip_model(options, 1);
    set_log_scale(model, std::log(limit) + 0.5);
    EXPECT_EQ(gradient_of_scale(model), 0) << limit;
    model->clamp_scale();
    EXPECT_NEAR(model->scale().item<double>(), limit, 2e-6 * limit);
    EXPECT_NEAR(gradient_of_scale(model), limit, 2e-6 * limit);
    const auto brought_back = model->named_parameters()["logit_scale"].item<float>();
    model->clamp_scale();
    EXPECT_EQ(model->named_parameters()["logit_scale"].item<float>(), brought_back);

    set_log_scale(model, std::log(0.999 * limit));
    const auto below = model->named_parameters()["logit_scale"].item<float>();
    model->clamp_scale();
    EXPECT_EQ(model->named_parameters()["logit_scale"].item<float>(), below);
  }
}

TEST(ClipModel, OptionsAreDeclaredUnderThePrefix) {
  ClipModelOptions options;
  OptionSet set;
  declare_options(set, "student", options);
  for (const auto* assignment :
       {"student.image.arch=mobile", "student.text.width=48", "student.embed_dim=96",
        "student.initial_scale=10", "student.max_scale=60"}) {
    set.assign_override(assignment);
  }
  EXPECT_EQ(options.image.arch, "mobile");
  EXPECT_EQ(options.text.width, 48);
  EXPECT_EQ(options.embed_dim, 96);
  EXPECT_EQ(options.initial_scale, 10);
  EXPECT_EQ(options.max_scale, 60);
}

}  // namespace
}  // namespace clipstill::nn
