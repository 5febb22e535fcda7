// One batch forward and backward: at once, in chunks, and in bfloat16.
#include <gtest/gtest.h>

#include "tiny_models.h"
#include "train/batch_tensors.h"
#include "train/contrastive_step.h"

namespace clipstill::train {
namespace {

constexpr int64_t kBatch = 10, kTeacherDim = 6;
constexpr double kTeacherScale = 9;

StepOptions in_chunks(int64_t micro_batch, bool bf16 = false) {
  return {micro_batch, bf16, kTeacherScale, /*step=*/0, /*steps=*/10};
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
    batch.labels.push_back(i / 2);  // pairs of one label
    batch.texts.push_back(i == 9 ? 0 : i);
  }
  const auto unit = [](torch::Tensor x) { return x / x.norm(2, 1, true); };
  batch.teacher_images = values(unit(random({kBatch, kTeacherDim}, 2)));
  batch.teacher_texts = values(unit(random({kBatch, kTeacherDim}, 3)));
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
  }

  NamedTensors gradients(const StepOptions& options) {
    model_->zero_grad();
    for (auto& loss : losses_) loss.module->zero_grad();
    auto batch = random_batch(model_->options());
    means_ = contrastive_step(model_, losses_, batch, options);
    NamedTensors all;
    for (const auto& item : model_->named_parameters())
      all[item.key()] = item.value().grad().clone();
    for (const auto& loss : losses_) {
      for (const auto& item : loss.module->named_parameters()) {
        all[loss.spec->name() + "." + item.key()] = item.value().grad().clone();
      }
    }
    return all;
  }

  nn::ClipModel model_;
  std::vector<std::unique_ptr<distill::LossSpec>> specs_;
  std::vector<ActiveLoss> losses_;
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
    auto batch = random_batch(model_->options());
    contrastive_step(model_, losses_, batch, in_chunks(chunk));
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
  gradients({0, false, kTeacherScale, /*step=*/5, /*steps=*/10});
  double expected = 0;
  for (const auto& loss : losses_) {
    expected += means_.at(loss.spec->name()) * loss.spec->schedule.at(5, 10);
  }
  EXPECT_NEAR(means_.at("loss"), expected, 1e-6 * expected);
  EXPECT_EQ(means_.size(), losses_.size() + 1);
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
  auto batch = random_batch(model_->options());
  const auto images = image_tensor(batch.images, kBatch, 16);
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

TEST(PairTargets, ByHand) {
  std::vector<int64_t> labels{1, 2, 1, 3}, texts{10, 11, 12, 11};
  const auto targets = pair_targets(labels, texts);
  // 0 and 2 share a label, 1 and 3 a text.
  const auto expected = torch::tensor(
      {{0.5, 0.0, 0.5, 0.0}, {0.0, 0.5, 0.0, 0.5}, {0.5, 0.0, 0.5, 0.0}, {0.0, 0.5, 0.0, 0.5}},
      torch::kFloat);
  EXPECT_TRUE(torch::equal(targets, expected)) << targets;
}

TEST(PairTargets, RowsSumToOneWhereRelationsOverlap) {
  std::vector<int64_t> labels{1, 1, 2}, texts{10, 11, 11};  // 1 is like 0 and like 2
  const auto targets = pair_targets(labels, texts);
  EXPECT_LT((targets.sum(1) - 1).abs().max().item<double>(), 1e-6);
  EXPECT_EQ(targets[0][2].item<float>(), 0);
  EXPECT_NEAR(targets[1][0].item<double>(), 1.0 / 3, 1e-6);
  EXPECT_NEAR(targets[0][1].item<double>(), 0.5, 1e-6);
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
