// What a model scores on the pairs of each category.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/pair_set.h"
#include "metrics/bootstrap.h"

namespace clipstill::evaluation {

/// The pairs of a set by category; "" has those without one, and nothing is there where no pair has
/// one. `hits` are Evaluation::hits of the whole set, so that every query is asked among all pairs,
/// whatever their category.
class Categories {
 public:
  explicit Categories(const data::PairSet& set);

  /// How many pairs each has.
  std::map<std::string, int64_t> sizes() const;
  /// Mean recall@1 of each, in [0, 1], where a query weighs as in that of the whole set; NaN where
  /// no query of a category has an answer.
  std::map<std::string, double> recall(const std::vector<float>& hits) const;
  /// metrics::retention() of each; not finite where the reference answers none of its queries.
  std::map<std::string, metrics::Interval> retention(const std::vector<std::vector<float>>& hits,
                                                     const std::vector<float>& reference,
                                                     uint64_t seed) const;

 private:
  std::map<std::string, std::vector<int64_t>> samples_;
  std::vector<float> best_;  // hits that can be had
};

}  // namespace clipstill::evaluation
