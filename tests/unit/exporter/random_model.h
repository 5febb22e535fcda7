// Small models whose every parameter and statistic matters: none keeps an initial zero or one.
#pragma once

#include <string>
#include <vector>

#include "exporter/selftest.h"
#include "nn/clip_model.h"

namespace clipstill {

constexpr int64_t kRandomVocabulary = 300;

/// `settings`: "model.image.arch=vit" and the like, over small defaults.
nn::ClipModel random_model(const std::vector<std::string>& settings, uint64_t seed = 1);

/// `rows` images, and `rows` texts of random ids whose lengths go through 1..context again and
/// again. Padding holds random ids too, which must not matter.
exporter::SelftestInputs random_inputs(const nn::ClipModel& model, int64_t rows);

}  // namespace clipstill
