#include "evaluation/disagreement.h"

#include <algorithm>

namespace clipstill::evaluation {

std::vector<Disagreement> disagreements(const Answers& first, const Answers& second) {
  std::vector<Disagreement> all;
  for (size_t language = 0; language < first.set().languages().size(); ++language) {
    for (const bool by_text : {false, true}) {
      Disagreement here{{language, by_text}, 0, 0, {}, {}};
      const auto of_first = first.ranks(here.kind), of_second = second.ranks(here.kind);
      for (size_t i = 0; i < of_first.size(); ++i) {
        if (of_first[i] < 0) continue;
        const auto query = static_cast<int64_t>(i);
        const bool first_right = of_first[i] == 0, second_right = of_second[i] == 0;
        here.both_right += first_right && second_right;
        here.both_wrong += !first_right && !second_right;
        if (first_right && !second_right) here.only_first.push_back(query);
        if (!first_right && second_right) here.only_second.push_back(query);
      }
      all.push_back(std::move(here));
    }
  }
  return all;
}

std::vector<ChosenQuery> choose(const std::vector<Disagreement>& all,
                                std::vector<int64_t> Disagreement::*only_one, size_t count) {
  // How many of each kind, in turn.
  std::vector<size_t> shares(all.size(), 0);
  for (size_t chosen = 0, before = 1; chosen < count && chosen != before;) {
    before = chosen;
    for (size_t i = 0; i < all.size() && chosen < count; ++i) {
      if (shares[i] == (all[i].*only_one).size()) continue;
      ++shares[i];
      ++chosen;
    }
  }
  std::vector<ChosenQuery> queries;
  for (size_t i = 0; i < all.size(); ++i) {
    const auto& from = all[i].*only_one;
    for (size_t j = 0; j < shares[i]; ++j) {
      queries.push_back({all[i].kind, from[(2 * j + 1) * from.size() / (2 * shares[i])]});
    }
  }
  return queries;
}

}  // namespace clipstill::evaluation
