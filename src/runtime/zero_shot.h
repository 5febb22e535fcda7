// Labels to classify images by, without training (Radford et al. 2021).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "runtime/text_encoder.h"

namespace clipstill::runtime {

struct LabelScore {
  size_t label = 0;  // index of the label
  float probability = 0;
};

class ZeroShotClassifier {
 public:
  /// Each label goes into each template in place of {}; the class is the mean of its embeddings.
  /// kUsage without labels or templates, or for a template without {}.
  ZeroShotClassifier(const TextEncoder& encoder, std::span<const std::string> labels,
                     std::span<const std::string> templates);

  /// The `count` most probable labels of an image embedding, best first; ties by lower index.
  std::vector<LabelScore> classify(std::span<const float> image, size_t count) const;

 private:
  float logit_scale_;
  size_t width_;
  std::vector<float> classes_;  // [labels, width], of length 1
};

}  // namespace clipstill::runtime
