// Recall by category of models whose embeddings are written down.
#include "evaluation/categories.h"

#include <gtest/gtest.h>

#include "../data/memory_pairs.h"
#include "evaluation/evaluate.h"

namespace clipstill::evaluation {
namespace {

data::PairRecord in_category(const std::string& id, std::vector<data::Text> texts,
                             const std::string& category) {
  auto record = data::record(id, std::move(texts), /*label=*/id);
  record.category = category;
  return record;
}

// Every image and every text lies on one of four axes.
std::vector<float> hits_of(const data::PairSet& set, const std::vector<int>& images,
                           const std::map<std::string, int>& texts) {
  const auto put = [](std::vector<float>& rows, int axis) {
    rows.resize(rows.size() + 4, 0.0f);
    rows[rows.size() - 4 + static_cast<size_t>(axis)] = 1;
  };
  return evaluate(set, {.width = 4,
                        .images =
                            [&](const data::PairSet&) {
                              std::vector<float> rows;
                              for (const int axis : images) put(rows, axis);
                              return rows;
                            },
                        .texts =
                            [&](const std::vector<std::string>& asked) {
                              std::vector<float> rows;
                              for (const auto& text : asked) put(rows, texts.at(text));
                              return rows;
                            }})
      .hits;
}

TEST(Categories, AreAskedAmongAllPairs) {
  const auto set = data::whole_set(std::make_shared<data::MemoryPairs>(std::vector{
      in_category("a", {{"dog", "en", ""}}, "animals"),
      in_category("b", {{"cat", "en", ""}}, "animals"),
      in_category("c", {{"rice", "en", ""}}, "food"), in_category("d", {{"tea", "en", ""}}, "")}));
  const std::map<std::string, int> texts{{"dog", 0}, {"cat", 1}, {"rice", 2}, {"tea", 3}};
  const Categories categories(set);
  EXPECT_EQ(categories.sizes(),
            (std::map<std::string, int64_t>{{"animals", 2}, {"food", 1}, {"", 1}}));

  // The picture of the tea looks like a dog: "dog" finds two, and a tie is no answer. Animals:
  // both images and one text of two; the tea: nothing.
  const auto hits = hits_of(set, {0, 1, 2, 0}, texts), perfect = hits_of(set, {0, 1, 2, 3}, texts);
  const auto recall = categories.recall(hits);
  EXPECT_NEAR(recall.at("animals"), 3.0 / 4, 1e-6);
  EXPECT_NEAR(recall.at("food"), 1, 1e-6);
  EXPECT_NEAR(recall.at(""), 0, 1e-6);

  const auto kept = categories.retention({hits, perfect}, perfect, 1);
  EXPECT_NEAR(kept.at("animals").value, (3.0 / 4 + 1) / 2, 1e-6);
  EXPECT_NEAR(kept.at("").value, 1.0 / 2, 1e-6);
  EXPECT_LE(kept.at("").low, 1.0 / 2);
  EXPECT_GE(kept.at("").high, 1.0 / 2);
}

// The one Chinese text weighs as much as both English ones, for what it is worth to its category.
TEST(Categories, OfAPerfectModelAreWholeWhereLanguagesAreUneven) {
  const auto set = data::whole_set(std::make_shared<data::MemoryPairs>(
      std::vector{in_category("a", {{"dog", "en", ""}, {"狗", "zh", ""}}, "animals"),
                  in_category("b", {{"rice", "en", ""}}, "food")}));
  const auto hits = hits_of(set, {0, 1}, {{"dog", 0}, {"狗", 0}, {"rice", 1}});
  EXPECT_NEAR(hits[0], 3.0 / 2, 1e-6);
  EXPECT_NEAR(hits[1], 1.0 / 2, 1e-6);
  for (const auto& [name, recall] : Categories(set).recall(hits)) EXPECT_NEAR(recall, 1, 1e-6);
}

TEST(Categories, AreNoneWhereNoPairHasOne) {
  const auto set = data::whole_set(std::make_shared<data::MemoryPairs>(data::numbered_records(3)));
  EXPECT_TRUE(Categories(set).sizes().empty());
  EXPECT_TRUE(Categories(set).recall({1, 1, 1}).empty());
}

}  // namespace
}  // namespace clipstill::evaluation
