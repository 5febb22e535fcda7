#include "train/examples.h"

#include <algorithm>

#include "image/codec.h"
#include "image/resize.h"
#include "metrics/retrieval.h"
#include "train/evaluate.h"

namespace clipstill::train {
namespace {

constexpr int kNeighbours = 5;
constexpr int kThumbnail = 48;  // pixels

std::string thumbnail(const data::PairSet& set, int64_t sample, bool apply_orientation) {
  const auto picture = image::flatten(set.decode_image(sample, apply_orientation), 255, 255, 255);
  return image::encode_png(image::resize(picture, kThumbnail, kThumbnail, image::Filter::kBicubic));
}

std::string caption(const data::PairSet& set, int64_t sample, size_t language) {
  const auto& ids = set.texts_of(sample)[language];
  return ids.empty() ? set.record(sample).id : set.texts()[ids.front()];
}

}  // namespace

std::vector<report::Example> nearest_examples(Model& model, const std::string& name,
                                              const data::PairSet& set, int64_t count) {
  const int64_t dim = model.network->options().embed_dim;
  const bool upright = model.preprocess.apply_orientation;
  const auto image_values = embed_images(model, set);
  const metrics::Matrix images{image_values, set.size(), dim};
  const auto row = [&](const std::vector<float>& values, int64_t i) {
    return metrics::Matrix{std::span(values).subspan(static_cast<size_t>(i * dim), dim), 1, dim};
  };
  std::vector<std::vector<float>> text_values;
  for (size_t language = 0; language < set.languages().size(); ++language) {
    std::vector<std::string> texts;
    for (int64_t i = 0; i < set.size(); ++i) texts.push_back(caption(set, i, language));
    text_values.push_back(embed_texts(model, texts));
  }
  std::vector<report::Example> examples;
  for (int64_t i = 0; i < std::min(count, set.size()); ++i) {
    const int64_t sample = (2 * i + 1) * set.size() / (2 * count);
    const size_t language = static_cast<size_t>(i / 2) % set.languages().size();
    const bool by_text = i % 2 == 0;
    report::Example example{name, caption(set, sample, language), {}, {}};
    if (!by_text) example.query_png = thumbnail(set, sample, upright);
    const metrics::Matrix texts{text_values[language], set.size(), dim};
    const auto nearest =
        by_text ? metrics::top_k(row(text_values[language], sample), images, kNeighbours)
                : metrics::top_k(row(image_values, sample), texts, kNeighbours);
    for (const int64_t found : nearest) {
      example.neighbours.push_back({caption(set, found, language), thumbnail(set, found, upright),
                                    set.label(found) == set.label(sample)});
    }
    examples.push_back(std::move(example));
  }
  return examples;
}

}  // namespace clipstill::train
