// The counts of the grid's towers against the models that are built of them.
#include "train/student_search.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tiny_models.h"

namespace clipstill::train {
namespace {

constexpr int64_t kMost = 150'000;

nn::ClipModelOptions base_options() {
  auto options = tiny_options(/*embed_dim=*/24);
  options.image_projection = "affine";
  options.logit_bias = true;
  return options;
}

std::shared_ptr<const text::Tokenizer> tokenizer() {
  return make_tokenizer({"", /*vocabulary=*/40, /*min_frequency=*/1}, tiny_data().train);
}

const CountedTowers& counted() {
  static const auto towers = count_towers(base_options(), *tokenizer(), kMost);
  return towers;
}

TEST(StudentSearch, APairHasTheParametersOfItsModel) {
  const auto& towers = counted();
  const auto words = tokenizer();
  ASSERT_GT(towers.images.size(), 10u);
  ASSERT_GT(towers.texts.size(), 10u);
  for (size_t i = 0; i < std::max(towers.images.size(), towers.texts.size()); ++i) {
    const auto& image = towers.images[i % towers.images.size()];
    const auto& text = towers.texts[i % towers.texts.size()];
    auto options = base_options();
    OptionSet set;
    nn::declare_options(set, "model", options);
    for (const auto& keys : {image.keys, text.keys}) {
      for (const auto& [key, value] : keys) set.assign(key, value, "test");
    }
    const auto network = make_network(options, *words, /*seed=*/1);
    int64_t parameters = 0;
    for (const auto& parameter : network->parameters()) parameters += parameter.numel();
    EXPECT_EQ(image.parameters + image.projection + text.parameters + text.table + text.projection +
                  towers.scale,
              parameters)
        << describe(image.keys) << " and " << describe(text.keys);
    EXPECT_EQ(text.table, network->parameters_by_component().at("token embedding"));
  }
}

// The choice relies on it.
TEST(StudentSearch, ASeriesGetsLargerAndEndsBeyondWhatIsAllowed) {
  for (const auto* towers : {&counted().images, &counted().texts}) {
    for (size_t i = 1; i < towers->size(); ++i) {
      const auto &before = (*towers)[i - 1], &tower = (*towers)[i];
      EXPECT_LE(before.series, tower.series);
      if (before.series != tower.series) continue;
      EXPECT_GT(tower.parameters, before.parameters);
      EXPECT_GE(tower.table, before.table);
      EXPECT_LE(before.parameters + before.table, kMost);
    }
  }
}

TEST(StudentSearch, LeavesOutWhatATowerRefuses) {
  auto options = base_options();
  options.image.head_width = options.text.head_width = 64;
  options.image.size = 24;  // does not halve four times
  for (const auto& tower : count_towers(options, *tokenizer(), kMost).images) {
    if (tower.arch == "vit") {
      EXPECT_EQ(std::stoi(tower.keys[1].second) % 64, 0);
    } else if (tower.arch == "resnet") {
      EXPECT_EQ(std::count(tower.keys[2].second.begin(), tower.keys[2].second.end(), ','), 2);
    }
  }
}

}  // namespace
}  // namespace clipstill::train
