// How true the probabilities are that a model gives the labels of a set.
#pragma once

#include <map>
#include <string>

#include "data/pair_set.h"
#include "evaluation/embedders.h"
#include "metrics/calibration.h"

namespace clipstill::evaluation {

/// Of the zero-shot classification in one language, at the model's scale and with the temperature
/// that fits these very images best.
struct LabelCalibration {
  metrics::Calibration own, fitted;
  double temperature = 1;  // divides the scale; metrics::fit_temperature()
};

/// By language; those without a text are left out. The classes are the labels of the set: where
/// every image has its own, images are classified among the first texts of all. Embeds every image
/// once. `scale` is the model's, exp(logit_scale).
std::map<std::string, LabelCalibration> label_calibration(const data::PairSet& set,
                                                          const Embedders& embed, double scale);

}  // namespace clipstill::evaluation
