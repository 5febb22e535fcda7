// How true a model's probabilities are: zero-shot classification with a temperature (Guo et al.
// 2017, arXiv 1706.04599), in memory that does not grow with N x C.
#pragma once

#include <cstdint>
#include <span>

#include "metrics/retrieval.h"

namespace clipstill::metrics {

/// Images [N, D] and classes [C, D], with their labels. Each label has one class; an image whose
/// label has none is left out.
struct Classification {
  Matrix images;
  std::span<const int64_t> labels;
  Matrix classes;
  std::span<const int64_t> class_labels;
};

/// Of softmax(scale * images classes^T) over the classes, against the labels.
struct Calibration {
  /// Mean of -log p(label), nats.
  double nll = 0;
  /// Expected calibration error, [0, 1]: the difference between accuracy and mean confidence in
  /// each of 15 bins of equal width, weighted with the images in the bin. The confidence is the
  /// largest probability; an image is right where no other class scores as high as its own.
  double ece = 0;
  int64_t images = 0;  // that count; 0: the rest is 0 as well
};

Calibration calibration(const Classification& data, double scale, int threads = 0);

inline constexpr double kMinTemperature = 0.01, kMaxTemperature = 100;

/// The temperature T, between those two, with which softmax(scale / T * images classes^T) has the
/// least NLL, to one part in a thousand. It is at an end where the NLL still falls there: at the
/// lower one where every image is right. Deterministic for any number of threads; scores all images
/// about 20 times. 1 where no image counts.
double fit_temperature(const Classification& data, double scale, int threads = 0);

}  // namespace clipstill::metrics
