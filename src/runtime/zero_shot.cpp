#include "runtime/zero_shot.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.h"
#include "metrics/zero_shot.h"

namespace clipstill::runtime {
namespace {

constexpr std::string_view kPlace = "{}";

std::string fill(const std::string& text, const std::string& label) {
  std::string prompt = text;
  for (size_t at = prompt.find(kPlace); at != std::string::npos;
       at = prompt.find(kPlace, at + label.size())) {
    prompt.replace(at, kPlace.size(), label);
  }
  return prompt;
}

}  // namespace

ZeroShotClassifier::ZeroShotClassifier(const TextEncoder& encoder,
                                       std::span<const std::string> labels,
                                       std::span<const std::string> templates)
    : logit_scale_(encoder.config().logit_scale), width_(static_cast<size_t>(encoder.width())) {
  if (labels.empty() || templates.empty()) {
    fail(ErrorCode::kUsage, "expected at least one label and one template");
  }
  for (const auto& text : templates) {
    if (text.find(kPlace) != std::string::npos) continue;
    fail(ErrorCode::kUsage, "the template \"{}\" has no {{}} where the label goes", text);
  }
  metrics::ClassPrompts classes;
  std::vector<std::string> prompts;
  for (size_t i = 0; i < labels.size(); ++i) {
    classes.labels.push_back(static_cast<int64_t>(i));
    for (const auto& text : templates) {
      prompts.push_back(fill(text, labels[i]));
      classes.class_of_prompt.push_back(static_cast<int64_t>(i));
    }
  }
  const std::vector<std::string_view> views(prompts.begin(), prompts.end());
  std::vector<float> embeds(views.size() * width_);
  encoder.embed(views, embeds);
  classes_ = metrics::class_embeddings(
      {embeds, static_cast<int64_t>(views.size()), encoder.width()}, classes);
}

std::vector<LabelScore> ZeroShotClassifier::classify(std::span<const float> image,
                                                     size_t count) const {
  std::vector<LabelScore> scores(classes_.size() / width_);
  for (size_t i = 0; i < scores.size(); ++i) {
    const auto cosine = std::inner_product(image.begin(), image.end(), &classes_[i * width_], 0.0f);
    scores[i] = {i, logit_scale_ * cosine};
  }
  std::ranges::stable_sort(scores, std::greater(), &LabelScore::probability);
  // Softmax, relative to the greatest logit so that nothing overflows.
  const float greatest = scores.front().probability;
  float sum = 0;
  for (auto& score : scores) sum += score.probability = std::exp(score.probability - greatest);
  for (auto& score : scores) score.probability /= sum;
  scores.resize(std::min(count, scores.size()));
  return scores;
}

}  // namespace clipstill::runtime
