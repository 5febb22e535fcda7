// Which pairs of a batch are right for each other, worked out by hand.
#include "data/matches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/base64.h"
#include "memory_pairs.h"

namespace clipstill::data {
namespace {

using testing::ElementsAre;

using Drawn = std::pair<int64_t, std::string>;  // a sample, and the text drawn for it

std::vector<uint8_t> matrix(const PairSet& set, const std::vector<Drawn>& batch) {
  std::vector<int64_t> samples, texts;
  for (const auto& [sample, text] : batch) {
    samples.push_back(sample);
    texts.push_back(std::ranges::find(set.texts(), text) - set.texts().begin());
  }
  return matches(set, samples, texts);
}

// As MUGE has them: "dress" is a query of two images, "bag" of two, and image 1 answers both.
PairSet many_to_many() {
  const ScratchFolder folder;
  std::string images;
  for (const int id : {0, 1, 2, 3}) {
    images += fmt::format("{}\t{}\n", id, base64(png(static_cast<uint8_t>(id))));
  }
  write_file(folder / "train_imgs.tsv", images);
  write_file(folder / "train_texts.jsonl",
             "{\"text_id\":1,\"text\":\"red dress\",\"image_ids\":[0]}\n"
             "{\"text_id\":2,\"text\":\"dress\",\"image_ids\":[0,1]}\n"
             "{\"text_id\":3,\"text\":\"bag\",\"image_ids\":[1,2]}\n"
             "{\"text_id\":4,\"text\":\"shoe\",\"image_ids\":[3]}\n");
  return whole_set(open_pairs(folder.path()));
}

TEST(Matches, OfManyToManyAreThePairsThatTheDataLists) {
  const auto set = many_to_many();
  ASSERT_EQ(set.size(), 4);
  // Image 0 has the text of image 1, which is not an image of the text of image 0; images 0 and 2
  // both share a text with image 1, and none with each other.
  EXPECT_THAT(matrix(set, {{0, "red dress"}, {1, "dress"}, {2, "bag"}, {3, "shoe"}}),
              ElementsAre(1, 1, 0, 0,  //
                          0, 1, 1, 0,  //
                          0, 0, 1, 0,  //
                          0, 0, 0, 1));
  EXPECT_THAT(matrix(set, {{3, "shoe"}, {1, "dress"}, {0, "dress"}}), ElementsAre(1, 0, 0,  //
                                                                                  0, 1, 1,  //
                                                                                  0, 1, 1));
}

TEST(Matches, OfALabelAreAllOfIt) {
  const auto set = whole_set(std::make_shared<MemoryPairs>(
      std::vector<PairRecord>{record("0", {{"cat", "en", ""}, {"猫", "zh", ""}}, "cat"),
                              record("1", {{"kitty", "en", ""}}, "cat"),
                              record("2", {{"animal", "en", ""}, {"kitty", "en", ""}}, "pet"),
                              record("3", {{"chat", "fr", ""}, {"猫", "zh", ""}}, "chat")}));
  // Sample 2 has the text of sample 1, and sample 3 the one of sample 0 in another language.
  EXPECT_THAT(matrix(set, {{0, "猫"}, {1, "kitty"}, {2, "animal"}, {3, "chat"}}),
              ElementsAre(1, 1, 0, 0,  //
                          1, 1, 0, 0,  //
                          0, 1, 1, 0,  //
                          1, 0, 0, 1));
}

TEST(Matches, AreOfTheChosenLanguagesAndTemplates) {
  const auto source = std::make_shared<MemoryPairs>(
      std::vector<PairRecord>{record("0", {{"chat", "fr", ""}, {"cat", "en", ""}}, "0"),
                              record("1", {{"chat", "en", ""}}, "1")});
  EXPECT_THAT(matrix(whole_set(source), {{0, "cat"}, {1, "chat"}}), ElementsAre(1, 1, 0, 1));
  const auto english = whole_set(source, {"en"}, {"en:a {}"});
  EXPECT_THAT(matrix(english, {{0, "a cat"}, {1, "chat"}}), ElementsAre(1, 0, 0, 1));
}

}  // namespace
}  // namespace clipstill::data
