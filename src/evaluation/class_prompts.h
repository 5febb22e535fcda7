// The prompts of zero-shot classification over the labels of a set.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "data/pair_set.h"
#include "metrics/zero_shot.h"

namespace clipstill::evaluation {

struct Prompts {
  std::vector<std::string> texts;
  metrics::ClassPrompts classes;  // of texts
};

/// One class per label of `labels`, the joined_labels() of the language (an index of
/// PairSet::languages()), that has a text; its prompts are the first text of the label, plain and
/// in templates.
Prompts class_prompts(const data::PairSet& set, size_t language, std::span<const int64_t> labels);

}  // namespace clipstill::evaluation
