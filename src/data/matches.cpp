#include "data/matches.h"

#include <unordered_map>

namespace clipstill::data {

std::vector<uint8_t> matches(const PairSet& set, std::span<const int64_t> samples,
                             std::span<const int64_t> texts) {
  const size_t n = samples.size();
  std::unordered_multimap<int64_t, size_t> columns_of_text, columns_of_label;
  for (size_t j = 0; j < n; ++j) {
    columns_of_text.emplace(texts[j], j);
    columns_of_label.emplace(set.label(samples[j]), j);
  }
  std::vector<uint8_t> matrix(n * n);
  for (size_t i = 0; i < n; ++i) {
    const auto mark = [&](const auto& columns_of, int64_t id) {
      const auto [begin, end] = columns_of.equal_range(id);
      for (auto column = begin; column != end; ++column) matrix[i * n + column->second] = 1;
    };
    mark(columns_of_label, set.label(samples[i]));
    for (const auto& ids : set.texts_of(samples[i])) {
      for (const int64_t id : ids) mark(columns_of_text, id);
    }
  }
  return matrix;
}

}  // namespace clipstill::data
