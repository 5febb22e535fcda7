// Weights of the two halves of a loss: of the images and of the texts.
#pragma once

#include <torch/torch.h>

#include <string>

#include "core/error.h"
#include "core/options.h"

namespace clipstill::distill {

struct ModalityWeights {
  double image = 1, text = 1;

  /// Declares "<prefix>.image_weight" and "<prefix>.text_weight"; the helps name the halves.
  void declare(OptionSet& set, const std::string& prefix, const std::string& image_half,
               const std::string& text_half) {
    set.add(prefix + ".image_weight", image, "weight of the " + image_half + " in the mean")
        .range(0, 1e6);
    set.add(prefix + ".text_weight", text, "weight of the " + text_half + " in the mean")
        .range(0, 1e6);
  }

  /// kUsage where both are 0: there is no mean then.
  void check(const std::string& prefix) const {
    if (image + text > 0) return;
    fail(ErrorCode::kUsage,
         "{0}.image_weight and {0}.text_weight are both 0; give at least one a weight, or turn the "
         "loss off with {0}.weight=0",
         prefix);
  }

  /// (image * a + text * b) / (image + text); of equal weights the plain mean, to the bit.
  torch::Tensor mean(const torch::Tensor& a, const torch::Tensor& b) const {
    return (a * image + b * text) / (image + text);
  }
};

}  // namespace clipstill::distill
