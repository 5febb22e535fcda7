#include "evaluation/calibration.h"

#include "evaluation/class_prompts.h"
#include "evaluation/joined_labels.h"

namespace clipstill::evaluation {

std::map<std::string, LabelCalibration> label_calibration(const data::PairSet& set,
                                                          const Embedders& embed, double scale) {
  std::map<std::string, LabelCalibration> result;
  if (set.size() == 0) return result;
  const auto images = embed.images(set);
  for (size_t language = 0; language < set.languages().size(); ++language) {
    const auto image_labels = joined_labels(set, language);
    const auto prompts = class_prompts(set, language, image_labels);
    if (prompts.texts.empty()) continue;
    const auto texts = embed.texts(prompts.texts);
    const auto classes = metrics::class_embeddings(
        {texts, static_cast<int64_t>(prompts.texts.size()), embed.width}, prompts.classes);
    const auto& labels = prompts.classes.labels;
    const metrics::Classification data{{images, set.size(), embed.width},
                                       image_labels,
                                       {classes, static_cast<int64_t>(labels.size()), embed.width},
                                       labels};
    auto& here = result[set.languages()[language]];
    here.own = metrics::calibration(data, scale);
    here.temperature = metrics::fit_temperature(data, scale);
    here.fitted = metrics::calibration(data, scale / here.temperature);
  }
  return result;
}

}  // namespace clipstill::evaluation
