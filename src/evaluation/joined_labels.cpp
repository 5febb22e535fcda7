#include "evaluation/joined_labels.h"

#include <unordered_map>

namespace clipstill::evaluation {

std::vector<int64_t> joined_labels(const data::PairSet& set, size_t language) {
  // A forest over labels: each points to one that it is joined with, a root to itself.
  std::unordered_map<int64_t, int64_t> joined_with;
  const auto root_of = [&](int64_t label) {
    while (joined_with.at(label) != label) {
      auto& above = joined_with.at(label);
      label = above = joined_with.at(above);  // halves the path
    }
    return label;
  };
  std::unordered_map<int64_t, int64_t> label_of_text;
  for (int64_t sample = 0; sample < set.size(); ++sample) {
    const int64_t label = set.label(sample);
    joined_with.try_emplace(label, label);
    const auto& ids = set.texts_of(sample)[language];
    if (ids.empty()) continue;
    const auto [other, fresh] = label_of_text.try_emplace(ids.front(), label);
    if (!fresh) joined_with[root_of(label)] = root_of(other->second);
  }
  std::vector<int64_t> joined;
  for (const int64_t label : set.labels()) joined.push_back(root_of(label));
  return joined;
}

}  // namespace clipstill::evaluation
