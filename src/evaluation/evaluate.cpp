#include "evaluation/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "evaluation/answers.h"
#include "evaluation/class_prompts.h"
#include "metrics/retrieval.h"
#include "metrics/zero_shot.h"

namespace clipstill::evaluation {
namespace {

constexpr int kRecallAt[] = {1, 5, 10};

int64_t counted(const std::vector<int64_t>& ranks) {
  return std::count_if(ranks.begin(), ranks.end(), [](int64_t rank) { return rank >= 0; });
}

// A query weighs as in the mean of the recalls: each direction of each language alike, whatever
// the number of its queries. A text's hit is shared by the images that have it.
void add_hits(const data::PairSet& set, size_t language, const TextTargets& texts,
              const std::vector<int64_t>& image_ranks, const std::vector<int64_t>& text_ranks,
              std::vector<float>& hits) {
  const double share =
      static_cast<double>(set.size()) / static_cast<double>(2 * set.languages().size());
  const double of_image = share / static_cast<double>(counted(image_ranks));
  const double of_text = share / static_cast<double>(counted(text_ranks));
  for (int64_t sample = 0; sample < set.size(); ++sample) {
    if (image_ranks[sample] == 0) hits[sample] += static_cast<float>(of_image);
    const auto& ids = set.texts_of(sample)[language];
    if (ids.empty()) continue;
    const auto row = texts.row_of.at(ids.front());
    if (text_ranks[row] != 0) continue;
    hits[sample] += static_cast<float>(of_text / static_cast<double>(texts.images[row]));
  }
}

}  // namespace

Evaluation evaluate(const data::PairSet& set, const Embedders& embed) {
  const Answers answers(set, embed);
  Evaluation result;
  result.hits.assign(set.size(), 0.0f);
  const auto directions = static_cast<double>(2 * set.languages().size());
  std::map<int, double> sum;
  for (size_t language = 0; language < set.languages().size(); ++language) {
    const auto image_ranks = answers.ranks({language, /*by_text=*/false});
    const auto text_ranks = answers.ranks({language, /*by_text=*/true});
    const auto& name = set.languages()[language];
    for (const int k : kRecallAt) {
      const double to_text = metrics::recall_at(image_ranks, k);
      const double to_image = metrics::recall_at(text_ranks, k);
      result.metrics[fmt::format("{}/image_to_text/recall@{}", name, k)] = to_text;
      result.metrics[fmt::format("{}/text_to_image/recall@{}", name, k)] = to_image;
      sum[k] += (to_text + to_image) / directions;
    }
    add_hits(set, language, answers.texts(language), image_ranks, text_ranks, result.hits);
    const auto& image_labels = answers.texts(language).image_labels;
    const auto prompts = class_prompts(set, language, image_labels);
    const auto prompt_values = embed.texts(prompts.texts);
    const auto accuracy = metrics::zero_shot(
        answers.image_embeddings(), image_labels,
        {prompt_values, static_cast<int64_t>(prompts.texts.size()), embed.width}, prompts.classes);
    result.metrics[name + "/zero_shot/accuracy"] = accuracy.top1;
    result.metrics[name + "/zero_shot/top5"] = accuracy.top5;
  }
  for (const auto& [k, value] : sum) result.metrics[fmt::format("mean/recall@{}", k)] = value;
  return result;
}

std::vector<float> best_hits(const data::PairSet& set) {
  std::vector<float> hits(set.size(), 0.0f);
  for (size_t language = 0; language < set.languages().size(); ++language) {
    const auto texts = text_targets(set, language);
    const std::unordered_set<int64_t> with_text(texts.labels.begin(), texts.labels.end());
    std::vector<int64_t> image_ranks;  // as metrics::correct_ranks() has them
    for (const int64_t label : texts.image_labels) {
      image_ranks.push_back(with_text.contains(label) ? 0 : -1);
    }
    const std::vector<int64_t> text_ranks(texts.texts.size(), 0);  // each is of some image
    add_hits(set, language, texts, image_ranks, text_ranks, hits);
  }
  return hits;
}

}  // namespace clipstill::evaluation
