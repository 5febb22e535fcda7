// Where two models, a teacher and its student, answer differently.
#pragma once

#include <cstdint>
#include <vector>

#include "evaluation/answers.h"

namespace clipstill::evaluation {

/// The queries of one kind by who answers them right at rank 1, as recall@1 counts it. Those that
/// no target belongs to are left out.
struct Disagreement {
  QueryKind kind;
  int64_t both_right = 0, both_wrong = 0;
  std::vector<int64_t> only_first, only_second;  // queries, ascending
};

/// Of every language, images first. Both must have answered the same set.
std::vector<Disagreement> disagreements(const Answers& first, const Answers& second);

struct ChosenQuery {
  QueryKind kind;
  int64_t query = 0;
};

/// `count` (or as many as there are) of the queries that `only_one` names: one kind after the other
/// in turn, each kind's spread evenly over its own.
std::vector<ChosenQuery> choose(const std::vector<Disagreement>& all,
                                std::vector<int64_t> Disagreement::*only_one, size_t count);

}  // namespace clipstill::evaluation
