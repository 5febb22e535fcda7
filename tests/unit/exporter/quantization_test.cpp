// Scales, ranges and histograms by hand.
#include "exporter/quantization.h"

#include <gmock/gmock.h>

#include "exporter/histogram.h"
#include "exporter/operators.h"

namespace clipstill::exporter {
namespace {

TEST(ActivationScale, SpreadsTheRangeOverAllSteps) {
  const auto mixed = activation_scale({-1.0f, 3.0f});
  EXPECT_FLOAT_EQ(mixed.scale, 4.0f / 255);
  EXPECT_EQ(mixed.zero_point, 64);  // 255 / 4
  EXPECT_EQ(activation_scale({0.0f, 2.55f}).zero_point, 0);
  EXPECT_EQ(activation_scale({-2.55f, 0.0f}).zero_point, 255);
}

TEST(ActivationScale, HoldsZero) {
  EXPECT_FLOAT_EQ(activation_scale({1.0f, 2.55f}).scale, 0.01f);
  EXPECT_EQ(activation_scale({1.0f, 2.55f}).zero_point, 0);
  EXPECT_FLOAT_EQ(activation_scale({-5.1f, -1.0f}).scale, 0.02f);
  EXPECT_EQ(activation_scale({-5.1f, -1.0f}).zero_point, 255);
  EXPECT_EQ(activation_scale({0.0f, 0.0f}).scale, 1.0f);
}

TEST(QuantizeWeight, HasAScaleForEachChannel) {
  const auto weight = torch::tensor({{1.0f, -2.0f}, {0.5f, 0.25f}});
  const auto rows = quantize_weight(weight, 0, kReducedRange);
  EXPECT_TRUE(rows.scales.equal(torch::tensor({2.0f / 64, 0.5f / 64})));
  EXPECT_TRUE(rows.values.equal(torch::tensor({{32, -64}, {64, 32}}, torch::kChar)));
  const auto columns = quantize_weight(weight, 1, kReducedRange);
  EXPECT_TRUE(columns.scales.equal(torch::tensor({1.0f / 64, 2.0f / 64})));
  EXPECT_TRUE(columns.values.equal(torch::tensor({{64, -64}, {32, 8}}, torch::kChar)));
  EXPECT_EQ(quantize_weight(weight, 0, kFullRange).values.abs().max().item<int>(), 127);
}

TEST(QuantizeWeight, KeepsChannelsOfZeros) {
  const auto weight = quantize_weight(torch::zeros({2, 3}), 0, kFullRange);
  EXPECT_TRUE(weight.values.equal(torch::zeros({2, 3}, torch::kChar)));
  EXPECT_GT(weight.scales.min().item<float>(), 0);
}

TEST(Rounded, IsExactWithAndWithoutGradients) {
  torch::manual_seed(3);
  const auto some = torch::cat({torch::randn(20000) * torch::logspace(-6, 6, 20000),
                                torch::tensor({0.5f, 1.5f, -2.5f, 0.49999997f, 8388609.0f})});
  auto trained = some.clone().requires_grad_();
  EXPECT_TRUE(rounded(trained).detach().equal(some.round()));
  EXPECT_TRUE(rounded(some).equal(some.round()));
}

// Steps of 0.5 / 64 and 2 / 64; the bias in steps of 0.01 times these.
TEST(StraightThrough, WeightsMoveAsIfNothingWereRounded) {
  auto weight = torch::tensor({{0.5f, 0.101f}, {-2.0f, 0.3f}}).requires_grad_();
  auto bias = torch::tensor({0.7f, -0.2f}).requires_grad_();
  const auto q = quantize_weight(weight, 0, kReducedRange);
  const auto plain = quantize_weight(weight.detach(), 0, kReducedRange);
  EXPECT_TRUE(q.values.detach().equal(plain.values.to(torch::kFloat)));
  EXPECT_TRUE(q.scales.equal(plain.scales));
  const auto steps = quantize_bias(bias, q.scales * 0.01f);
  const auto whole = quantize_bias(bias.detach(), q.scales * 0.01f);
  EXPECT_TRUE(steps.detach().equal(whole.to(torch::kDouble)));

  const auto by = torch::tensor({{3.0f, -1.0f}, {0.25f, 5.0f}}),
             bias_by = torch::tensor({2.0f, 7.0f});
  const auto w = dequantize(q.values, q.scales, {}, 0),
             b = dequantize(steps, q.scales * 0.01f, {}, 0);
  EXPECT_TRUE(w.detach().equal(dequantize(plain.values, q.scales, {}, 0)));
  EXPECT_TRUE(b.detach().equal(dequantize(whole, q.scales * 0.01f, {}, 0)));
  ((w * by).sum() + (b * bias_by).sum()).backward();
  EXPECT_LT((weight.grad() - by).abs().max().item<float>(), 1e-5f);
  EXPECT_LT((bias.grad() - bias_by).abs().max().item<float>(), 1e-5f);
}

// Steps of 0.01 from -1.28 to 1.27: inside, on the last step, and beyond either end.
TEST(StraightThrough, ClippedActivationsHaveNoGradient) {
  auto x = torch::tensor({0.5049f, 1.27f, 1.4f, -3.0f}).requires_grad_();
  const auto [scale, zero] = activation_scale({-1.28f, 1.27f});
  const auto scales = torch::tensor(scale), zeros = torch::tensor(zero, torch::kByte);
  const auto y = dequantize(quantize(x, scales, zeros), scales, zeros, 0);
  const auto plain = dequantize(quantize(x.detach(), scales, zeros), scales, zeros, 0);
  EXPECT_EQ(quantize(x.detach(), scales, zeros).scalar_type(), torch::kByte);
  EXPECT_TRUE(y.detach().equal(plain));
  (y * torch::tensor({2.0f, 3.0f, 4.0f, 5.0f})).sum().backward();
  EXPECT_LT((x.grad() - torch::tensor({2.0f, 3.0f, 0.0f, 0.0f})).abs().max().item<float>(), 1e-5f)
      << x.grad();
}

TEST(QuantizeBias, RoundsInTheScaleOfTheSums) {
  const auto bias =
      quantize_bias(torch::tensor({1.0f, -0.375f, 3.0f}), torch::tensor({0.125f, 0.25f, 2.0f}));
  EXPECT_TRUE(bias.equal(torch::tensor({8, -2, 2}, torch::kInt)));  // -1.5 and 1.5 go to even
}

TEST(QuantizeBias, NeverOverflows) {
  const auto weight = torch::tensor({{1e-9f}, {1.0f}}), bias = torch::tensor({-1e4f, 1.0f});
  const float input_scale = 0.01f;
  const auto q = quantize_weight(weight, 0, kFullRange, least_weight_scales(bias, input_scale));
  const auto found = quantize_bias(bias, q.scales * input_scale);
  EXPECT_NEAR(found[0].item<int>(), -(1 << 30), 1 << 8);
  EXPECT_FLOAT_EQ(found[0].item<float>() * q.scales[0].item<float>() * input_scale, -1e4f);
  EXPECT_FLOAT_EQ(q.scales[1].item<float>(), 1.0f / 127);  // a usual channel is not touched
}

TEST(Histogram, CountsEveryValue) {
  Histogram histogram({-1.0f, 1.0f});
  histogram.add(torch::tensor({-1.0f, -1.0f, 0.0f, 1.0f}));
  EXPECT_EQ(histogram.counts()[0], 2);
  EXPECT_EQ(histogram.counts()[Histogram::kBins / 2], 1);
  EXPECT_EQ(histogram.counts()[Histogram::kBins - 1], 1);
}

TEST(Histogram, LeavesOutTheOutermostShare) {
  // 0, 1, …, 999 with one outlier on either side: of 1,002 values 0.4 % may go, two at each end.
  auto values = torch::arange(1000, torch::kFloat);
  values = torch::cat({values, torch::tensor({-3000.0f, 5000.0f})});
  Histogram histogram({-3000.0f, 5000.0f});
  histogram.add(values);
  const float bin = 8000.0f / Histogram::kBins;
  const auto range = histogram.percentile(99.6);
  EXPECT_NEAR(range.low, 0, 2 * bin);
  EXPECT_NEAR(range.high, 999, 2 * bin);
  const auto all = histogram.percentile(100);
  EXPECT_EQ(all.low, -3000.0f);
  EXPECT_EQ(all.high, 5000.0f);
}

TEST(Histogram, ClipsLongTailsAndNothingElse) {
  Histogram even({0.0f, 1.0f});
  even.add(torch::arange(204800, torch::kFloat) / 204800);
  EXPECT_EQ(even.least_divergence().high, 1.0f);

  torch::manual_seed(1);
  auto values = torch::randn(200000);
  values[0] = -40.0f;
  values[1] = 40.0f;
  Histogram tailed({-40.0f, 40.0f});
  tailed.add(values);
  const auto range = tailed.least_divergence();
  EXPECT_LT(range.high, 15.0f);
  EXPECT_GT(range.high, 2.0f);
  EXPECT_NEAR(range.low, -range.high, 0.1f);
}

// The result of a Relu is half zeros, and no step of int8 is lost on them.
TEST(Histogram, TakesNoNoticeOfZeros) {
  torch::manual_seed(2);
  const auto some = torch::rand(100000) + 0.001;
  Histogram without({0.0f, 1.001f}), with({0.0f, 1.001f});
  without.add(some);
  with.add(torch::cat({some, torch::zeros(100000)}));
  EXPECT_EQ(with.counts()[0], without.counts()[0] + 100000);
  EXPECT_EQ(with.least_divergence().high, without.least_divergence().high);
  EXPECT_GT(with.least_divergence().high, 0.98f);
}

TEST(ClippingDivergence, IsZeroWhereNothingIsLost) {
  const std::vector<int64_t> counts{3, 1, 4, 1, 5, 9, 2, 6};
  EXPECT_NEAR(clipping_divergence(counts, 0, 8, 8), 0, 1e-12);
  // Two bins a step: (3, 1) -> (2, 2), (4, 1) -> (2.5, 2.5), (5, 9) -> (7, 7), (2, 6) -> (4, 4).
  const std::vector<double> p{3, 1, 4, 1, 5, 9, 2, 6}, q{2, 2, 2.5, 2.5, 7, 7, 4, 4};
  double expected = 0;
  for (size_t i = 0; i < p.size(); ++i) expected += p[i] / 31 * std::log(p[i] / q[i]);
  EXPECT_NEAR(clipping_divergence(counts, 0, 8, 4), expected, 1e-12);
  // Clipped to the middle four: 3 + 1 go to the first of them, 2 + 6 to the last.
  const std::vector<double> clipped{8, 1, 5, 17}, kept{4, 1, 5, 9};
  expected = 0;
  for (size_t i = 0; i < 4; ++i) {
    expected += clipped[i] / 31 * std::log(clipped[i] / 31 / (kept[i] / 19));
  }
  EXPECT_NEAR(clipping_divergence(counts, 2, 6, 4), expected, 1e-12);
}

}  // namespace
}  // namespace clipstill::exporter
