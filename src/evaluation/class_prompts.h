// The prompts of zero-shot classification over the labels of a set.
#pragma once

#include <string>
#include <vector>

#include "data/pair_set.h"
#include "metrics/zero_shot.h"

namespace clipstill::evaluation {

struct Prompts {
  std::vector<std::string> texts;
  metrics::ClassPrompts classes;      // of texts
  std::vector<int64_t> image_labels;  // by sample: joined_labels()
};

/// One class per joined label that has a text in the language (an index of
/// PairSet::languages()); its prompts are the first text of the label, plain and in templates.
Prompts class_prompts(const data::PairSet& set, size_t language);

}  // namespace clipstill::evaluation
