#include "evaluation/evaluate.h"

#include <fmt/format.h>

#include "evaluation/answers.h"
#include "evaluation/class_prompts.h"
#include "metrics/retrieval.h"
#include "metrics/zero_shot.h"

namespace clipstill::evaluation {
namespace {

constexpr int kRecallAt[] = {1, 5, 10};

}  // namespace

Evaluation evaluate(const data::PairSet& set, const Embedders& embed) {
  const Answers answers(set, embed);
  Evaluation result;
  result.hits.assign(set.size(), 0.0f);
  const auto directions = static_cast<float>(2 * set.languages().size());
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
    for (int64_t sample = 0; sample < set.size(); ++sample) {
      const auto& ids = set.texts_of(sample)[language];
      const bool text_hit =
          !ids.empty() && text_ranks[answers.texts(language).row_of.at(ids.front())] == 0;
      result.hits[sample] +=
          (image_ranks[sample] == 0 ? 1 / directions : 0.0f) + (text_hit ? 1 / directions : 0.0f);
    }
    const auto prompts = class_prompts(set, language);
    const auto prompt_values = embed.texts(prompts.texts);
    const auto accuracy = metrics::zero_shot(
        answers.image_embeddings(), set.labels(),
        {prompt_values, static_cast<int64_t>(prompts.texts.size()), embed.width}, prompts.classes);
    result.metrics[name + "/zero_shot/accuracy"] = accuracy.top1;
    result.metrics[name + "/zero_shot/top5"] = accuracy.top5;
  }
  for (const auto& [k, value] : sum) result.metrics[fmt::format("mean/recall@{}", k)] = value;
  return result;
}

}  // namespace clipstill::evaluation
