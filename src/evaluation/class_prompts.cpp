#include "evaluation/class_prompts.h"

#include <unordered_set>

namespace clipstill::evaluation {

Prompts class_prompts(const data::PairSet& set, size_t language, std::span<const int64_t> labels) {
  Prompts prompts;
  std::unordered_set<int64_t> seen;
  for (int64_t sample = 0; sample < set.size(); ++sample) {
    const auto& ids = set.texts_of(sample)[language];
    if (ids.empty() || !seen.insert(labels[sample]).second) continue;
    auto& classes = prompts.classes;
    for (int64_t i = 0; i <= set.template_count(language); ++i) {
      prompts.texts.push_back(set.texts()[ids[i]]);
      classes.class_of_prompt.push_back(static_cast<int64_t>(classes.labels.size()));
    }
    classes.labels.push_back(labels[sample]);
  }
  return prompts;
}

}  // namespace clipstill::evaluation
