// One batch forward and backward: at once, in chunks, and in bfloat16.
#include <gtest/gtest.h>

#include "../distill/formulas.h"
#include "tiny_models.h"
#include "train/batch_tensors.h"
#include "train/contrastive_step.h"

namespace clipstill::train {
namespace {

constexpr int64_t kBatch = 10, kTeacherDim = 6;
constexpr double kTeacherScale = 9;

StepOptions in_chunks(int64_t micro_batch, bool bf16 = false) {
  return {micro_batch, bf16, {kTeacherScale}, /*step=*/0, /*steps=*/10};
}

torch::Tensor random(torch::IntArrayRef shape, uint64_t seed) {
  torch::manual_seed(seed);
  return torch::randn(shape);
}

std::vector<float> values(const torch::Tensor& tensor) {
  const auto flat = tensor.contiguous();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

data::Batch random_batch(const nn::ClipModelOptions& options) {
  data::Batch batch;
  batch.images = values(random({kBatch, 3, options.image.size, options.image.size}, 1));
  batch.tokens.rows = kBatch;
  batch.tokens.length = 5;
  for (int64_t i = 0; i < kBatch; ++i) {
    for (int64_t t = 0; t < 5; ++t) {
      batch.tokens.mask.push_back(t < 2 + i % 4);
      batch.tokens.ids.push_back(t < 2 + i % 4 ? (7 * i + 3 * t) % options.text.vocabulary : 0);
    }
    batch.samples.push_back(i);
    // Neighbours match, the first and the last, and image 2 with text 7.
    for (int64_t j = 0; j < kBatch; ++j) {
      batch.matches.push_back(i / 2 == j / 2 || i + 9 == j || j + 9 == i || (i == 2 && j == 7));
    }
  }
  const auto unit = [](torch::Tensor x) { return x / x.norm(2, 1, true); };
  batch.teachers.push_back({values(unit(random({kBatch, kTeacherDim}, 2))),
                            values(unit(random({kBatch, kTeacherDim}, 3)))});
  return batch;
}

class Step : public testing::Test {
 protected:
  explicit Step(nn::ClipModelOptions options = tiny_options())
      : model_(nn::make_clip_model(options, 5)), specs_(distill::make_loss_specs()) {
    torch::manual_seed(6);
    for (const auto& spec : specs_) {
      spec->schedule.weight = 0.5;
      losses_.push_back({spec.get(), spec->make({options.embed_dim, kTeacherDim})});
    }
    model_->train();
    batch_ = random_batch(options);
  }

  NamedTensors gradients(const StepOptions& options) {
    model_->zero_grad();
    for (auto& loss : losses_) loss.module->zero_grad();
    means_ = contrastive_step(model_, losses_, batch_, options);
    NamedTensors all;
    for (const auto& item : model_->named_parameters())
      all[item.key()] = item.value().grad().clone();
    for (const auto& loss : losses_) {
      for (const auto& item : loss.module->named_parameters()) {
        all[loss.spec->name() + "." + std::to_string(loss.teacher) + "." + item.key()] =
            item.value().grad().clone();
      }
    }
    return all;
  }

  nn::ClipModel model_;
  std::vector<std::unique_ptr<distill::LossSpec>> specs_;
  std::vector<ActiveLoss> losses_;
  data::Batch batch_;
  std::map<std::string, double> means_;
};

TEST_F(Step, ChunksGiveTheGradientOfTheWholeBatch) {
  const auto whole = gradients(in_chunks(0));
  const auto means = means_;
  EXPECT_GT(whole.size(), 20u);
  for (const int64_t chunk : {1, 3, 5, 7}) {
    const auto parts = gradients(in_chunks(chunk));
    ASSERT_EQ(parts.size(), whole.size());
    for (const auto& [name, gradient] : whole) {
      const double size = std::max(1.0, gradient.abs().max().item<double>());
      EXPECT_LT((parts.at(name) - gradient).abs().max().item<double>(), 1e-5 * size) << name;
    }
    for (const auto& [name, mean] : means) {
      EXPECT_NEAR(means_.at(name), mean, 1e-5 * std::max(1.0, mean)) << name;
    }
  }
  for (const auto& [name, gradient] : whole) {
    EXPECT_GT(gradient.abs().max().item<double>(), 1e-6) << name << " learns nothing";
  }
}

TEST_F(Step, ChunksDoWithoutALossThatLooksAtTexts) {
  std::erase_if(losses_, [](const auto& loss) { return loss.spec->name() != "style"; });
  ASSERT_EQ(losses_.size(), 1u);
  const auto image_gradients = [&](int64_t chunk) {
    model_->zero_grad();
    contrastive_step(model_, losses_, batch_, in_chunks(chunk));
    NamedTensors all;
    for (const auto& item : model_->named_parameters()) {
      if (item.value().grad().defined()) all[item.key()] = item.value().grad().clone();
    }
    return all;
  };
  const auto whole = image_gradients(0), parts = image_gradients(3);
  EXPECT_GT(whole.size(), 5u);
  ASSERT_EQ(parts.size(), whole.size());
  for (const auto& [name, gradient] : whole) {
    const double size = std::max(1.0, gradient.abs().max().item<double>());
    EXPECT_LT((parts.at(name) - gradient).abs().max().item<double>(), 1e-5 * size) << name;
  }
}

TEST_F(Step, AMicroBatchOfTheBatchIsTheBatch) {
  expect_same(gradients(in_chunks(kBatch)), gradients(in_chunks(0)));
}

TEST_F(Step, TheSumIsWeightedByTheSchedules) {
  specs_[0]->schedule = {/*weight=*/1, /*final_weight=*/0, /*start=*/0, /*end=*/1};
  gradients({0, false, {kTeacherScale}, /*step=*/5, /*steps=*/10});
  double expected = 0;
  for (const auto& loss : losses_) {
    expected += means_.at(loss.spec->name()) * loss.spec->schedule.at(5, 10);
  }
  EXPECT_NEAR(means_.at("loss"), expected, 1e-6 * expected);
  EXPECT_EQ(means_.size(), losses_.size() + 1);
}

TEST_F(Step, TwoCopiesOfATeacherTeachAsOneDoes) {
  const auto once = gradients(in_chunks(0));
  const auto means = means_;
  batch_.teachers.push_back(batch_.teachers.front());
  for (size_t i = 0, count = losses_.size(); i < count; ++i) {
    if (!losses_[i].spec->needs_teacher()) continue;
    losses_[i].share = 0.25;
    auto copy = losses_[i].spec->make({model_->options().embed_dim, kTeacherDim});
    const torch::NoGradGuard no_grad;
    for (auto& item : copy->named_parameters()) {
      item.value().copy_(losses_[i].module->named_parameters()[item.key()]);
    }
    losses_.push_back({losses_[i].spec, copy, /*teacher=*/1, /*share=*/0.75});
  }
  auto options = in_chunks(0);
  options.teacher_scales.push_back(kTeacherScale);
  const auto twice = gradients(options);
  ASSERT_EQ(means_.size(), means.size());
  for (const auto& [name, mean] : means) EXPECT_NEAR(means_.at(name), mean, 1e-6 * mean) << name;
  for (const auto& [name, gradient] : once) {
    auto sum = twice.at(name);
    // The learnable parts are each teacher's own, and take shares of the gradient.
    if (const auto first = name.find(".0."); first != std::string::npos) {
      auto other = name;
      const auto of_second = twice.find(other.replace(first, 3, ".1."));
      if (of_second != twice.end()) sum = sum + of_second->second;
    }
    const double size = std::max(1.0, gradient.abs().max().item<double>());
    EXPECT_LT((sum - gradient).abs().max().item<double>(), 2e-6 * size) << name;
  }
}

TEST_F(Step, TeachersOfDifferentWidthsAreAveraged) {
  constexpr double kScales[] = {kTeacherScale, 4}, kShares[] = {0.25, 0.75};
  constexpr int64_t kWidths[] = {kTeacherDim, 3};
  const auto unit = [](torch::Tensor x) { return x / x.norm(2, 1, true); };
  batch_.teachers.push_back({values(unit(random({kBatch, kWidths[1]}, 12))),
                             values(unit(random({kBatch, kWidths[1]}, 13)))});
  losses_.clear();
  for (const auto& spec : specs_) {
    if (spec->name() != "kl" && spec->name() != "fd") continue;
    for (size_t k = 0; k < 2; ++k) {
      losses_.push_back(
          {spec.get(), spec->make({model_->options().embed_dim, kWidths[k]}), k, kShares[k]});
    }
  }
  std::vector<distill::Numbers> seen;
  StepOptions options{0, false, {kScales[0], kScales[1]}, /*step=*/0, /*steps=*/10};
  options.observer = [&](const auto& input) { seen.emplace_back(input); };
  gradients(options);

  ASSERT_EQ(seen.size(), 2u);
  const double scale = model_->scale().item<double>();
  std::map<std::string, double> expected;
  for (const auto& loss : losses_) {
    const auto& x = seen[loss.teacher];
    const auto& teacher = batch_.teachers[loss.teacher];
    ASSERT_EQ(x.teacher_image.front().size(), static_cast<size_t>(kWidths[loss.teacher]));
    EXPECT_EQ(x.teacher_text.back().back(), teacher.texts.back());
    double sum = 0;
    if (loss.spec->name() == "kl") {
      const auto of_teacher =
          distill::logits(kScales[loss.teacher], x.teacher_image, x.teacher_text);
      const auto of_student = distill::logits(scale, x.image, x.text);
      sum = distill::kl(of_teacher, of_student) +
            distill::kl(distill::transposed(of_teacher), distill::transposed(of_student));
    } else {
      const auto image = distill::projected(*loss.module, "image", x.image);
      const auto text = distill::projected(*loss.module, "text", x.text);
      for (size_t i = 0; i < image.size(); ++i) {
        for (size_t d = 0; d < image[i].size(); ++d) {
          sum += std::pow(image[i][d] - x.teacher_image[i][d], 2) +
                 std::pow(text[i][d] - x.teacher_text[i][d], 2);
        }
      }
    }
    expected[loss.spec->name()] += kShares[loss.teacher] * sum / 2 / kBatch;
  }
  for (const auto& [name, mean] : expected) EXPECT_NEAR(means_.at(name), mean, 1e-5 * mean) << name;
  EXPECT_NEAR(means_.at("loss"), 0.5 * (expected.at("kl") + expected.at("fd")), 1e-5);
}

TEST_F(Step, Bfloat16IsCloseAndFinite) {
  const auto exact = gradients(in_chunks(0));
  const auto means = means_;
  for (const int64_t chunk : {0, 4}) {
    const auto rough = gradients(in_chunks(chunk, /*bf16=*/true));
    EXPECT_NEAR(means_.at("loss"), means.at("loss"), 0.03 * means.at("loss"));
    EXPECT_NE(means_.at("loss"), means.at("loss")) << "autocast is off";
    double dot = 0, a = 0, b = 0;
    for (const auto& [name, gradient] : rough) {
      EXPECT_TRUE(torch::isfinite(gradient).all().item<bool>()) << name;
      dot += (gradient * exact.at(name)).sum().item<double>();
      a += gradient.square().sum().item<double>();
      b += exact.at(name).square().sum().item<double>();
    }
    EXPECT_GT(dot / std::sqrt(a * b), 0.98);
  }
  // Autocast is off again, and nothing of it is left.
  expect_same(gradients(in_chunks(0)), exact);
}

nn::ClipModelOptions with_batch_norm() {
  auto options = tiny_options();
  options.image.arch = "resnet";
  options.image.width = 8;
  return options;
}

class BatchNormStep : public Step {
 protected:
  BatchNormStep() : Step(with_batch_norm()) {}
};

TEST_F(BatchNormStep, StatisticsMoveOncePerChunk) {
  const auto before = copy_of(named_tensors(*model_));
  gradients(in_chunks(0));
  const auto once = copy_of(named_tensors(*model_));
  const torch::NoGradGuard no_grad;
  bool has_moved = false;
  for (const auto& buffer : model_->named_buffers()) {
    if (!buffer.value().is_floating_point()) continue;
    has_moved = has_moved || !torch::equal(once.at(buffer.key()), before.at(buffer.key()));
  }
  EXPECT_TRUE(has_moved);
  // Two chunks, seen in train mode without gradients: what the statistics must become.
  const auto live = named_tensors(*model_);
  for (const auto& [name, tensor] : live) tensor.copy_(before.at(name));
  const auto images = image_tensor(batch_.images, kBatch, 16);
  model_->encode_image(images.narrow(0, 0, 5));
  model_->encode_image(images.narrow(0, 5, 5));
  const auto expected = copy_of(live);
  for (const auto& [name, tensor] : live) tensor.copy_(before.at(name));
  {
    const torch::AutoGradMode with_gradients(true);
    gradients(in_chunks(5));
  }
  for (const auto& buffer : model_->named_buffers()) {
    if (!buffer.value().is_floating_point()) continue;
    EXPECT_LT((buffer.value() - expected.at(buffer.key())).abs().max().item<double>(), 1e-5)
        << buffer.key();
  }
}

TEST(PairTargets, OfManyToManyByHand) {
  // Image 0 has the texts 0 and 1, image 1 the texts 1 and 2, the others their own.
  std::vector<uint8_t> matches{1, 1, 0, 0,  //
                               0, 1, 1, 0,  //
                               0, 0, 1, 0,  //
                               0, 0, 0, 1};
  const auto [of_images, of_texts] = pair_targets(matches, 4);
  const auto expected = [](std::vector<float> values) {
    return torch::tensor(values).view({4, 4});
  };
  EXPECT_TRUE(torch::equal(of_images, expected({.5f, .5f, 0, 0,  //
                                                0, .5f, .5f, 0,  //
                                                0, 0, 1, 0,      //
                                                0, 0, 0, 1})))
      << of_images;
  EXPECT_TRUE(torch::equal(of_texts, expected({1, 0, 0, 0,      //
                                               .5f, .5f, 0, 0,  //
                                               0, .5f, .5f, 0,  //
                                               0, 0, 0, 1})))
      << of_texts;
}

TEST(BatchTensors, AreTheBuffersInOrder) {
  std::vector<float> pixels(2 * 3 * 2 * 2);
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<float>(i);
  const auto images = image_tensor(pixels, 2, 2);
  EXPECT_TRUE(torch::equal(images.flatten(), torch::arange(24, torch::kFloat)));
  EXPECT_TRUE(images.is_contiguous(torch::MemoryFormat::ChannelsLast));
  text::TokenBatch tokens{2, 3, {1, 2, 0, 3, 4, 5}, {1, 1, 0, 1, 1, 1}};
  const auto [ids, mask] = token_tensors(tokens);
  EXPECT_TRUE(torch::equal(ids, torch::tensor({{1, 2, 0}, {3, 4, 5}}, torch::kLong)));
  EXPECT_TRUE(torch::equal(mask, ids != 0));
}

}  // namespace
}  // namespace clipstill::train
