// Texts encoded in two parts by length, against the whole batch at once.
#include "train/text_groups.h"

#include <gtest/gtest.h>

#include <limits>

#include "tiny_models.h"

namespace clipstill::train {
namespace {

// Of the batch in two parts, each padded to a multiple of 4.
int64_t tokens(const std::vector<int64_t>& lengths, int64_t cut) {
  const auto padded = [](int64_t length) { return (length + 3) / 4 * 4; };
  const auto count = static_cast<int64_t>(lengths.size());
  return (cut == 0 ? 0 : cut * padded(lengths[cut - 1])) + (count - cut) * padded(lengths.back());
}

TEST(LengthCut, LeavesTextsOfOneLengthTogether) {
  EXPECT_EQ(length_cut({}), 0);
  EXPECT_EQ(length_cut({4}), 0);
  EXPECT_EQ(length_cut(std::vector<int64_t>(16, 4)), 0);
}

TEST(LengthCut, PartsTheShortFromTheLongAtAnEighthOfTheBatch) {
  std::vector<int64_t> lengths(16, 3);
  lengths[15] = 30;
  EXPECT_EQ(length_cut(lengths), 14);  // 14 x 4 + 2 x 32 = 120 tokens instead of 512
  lengths[13] = lengths[14] = 28;
  EXPECT_EQ(length_cut(lengths), 12);
}

TEST(LengthCut, HoldsTheFewestTokensOrStaysWhole) {
  const std::vector<int64_t> lengths{2, 3, 5, 5, 8, 9, 9, 10, 10, 11, 12, 24, 27, 29, 31, 32};
  int64_t least = std::numeric_limits<int64_t>::max();
  for (int64_t cut = 2; cut < 16; cut += 2) least = std::min(least, tokens(lengths, cut));
  EXPECT_EQ(least, 312);  // 10 x 12 + 6 x 32
  EXPECT_EQ(tokens(lengths, length_cut(lengths)), least);
  // 8 x 8 + 8 x 12 = 160 of 192 tokens are not worth a second part.
  EXPECT_EQ(length_cut({8, 8, 8, 8, 8, 8, 8, 8, 12, 12, 12, 12, 12, 12, 12, 12}), 0);
}

TEST(TextGroups, AgreesWithTheWholeBatchForEveryTower) {
  const std::vector<int64_t> lengths{6, 2, 3, 2, 7, 3, 2, 2, 1};  // padded to 7, inside to 8
  const auto ids = torch::arange(9 * 7).view({9, 7}).remainder(40);
  const auto mask = torch::arange(7).unsqueeze(0) < torch::tensor(lengths).unsqueeze(1);
  for (const std::string& arch : nn::text_tower_names()) {
    auto options = tiny_options();
    options.text.arch = arch;
    auto model = nn::make_clip_model(options, 3);
    const auto whole = model->encode_text(ids * mask, mask);
    const auto parts = encode_text_by_length(model, ids * mask, mask);
    EXPECT_LT((whole - parts).abs().max().item<double>(), 1e-6) << arch;

    const auto weight = torch::arange(whole.numel()).view_as(whole).cos();
    const auto gradients = [&](const torch::Tensor& embeddings) {
      model->zero_grad();
      (embeddings * weight).sum().backward();
      NamedTensors result;
      for (const auto& item : model->named_parameters()) {
        if (item.value().grad().defined()) result[item.key()] = item.value().grad().clone();
      }
      return result;
    };
    const auto expected = gradients(whole), found = gradients(parts);
    ASSERT_EQ(expected.size(), found.size()) << arch;
    for (const auto& [name, gradient] : expected) {
      const double largest = gradient.abs().max().item<double>();
      EXPECT_LT((gradient - found.at(name)).abs().max().item<double>(),
                1e-5 * std::max(1.0, largest))
          << arch << ' ' << name << ", largest " << largest;
    }
  }
}

}  // namespace
}  // namespace clipstill::train
