#include "train/examples.h"

#include "evaluation/disagreement.h"
#include "image/codec.h"
#include "image/resize.h"
#include "train/evaluate.h"

namespace clipstill::train {
namespace {

using evaluation::Answers;
using evaluation::ChosenQuery;

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

report::Example example(const NamedModel& model, const Answers& answers, const ChosenQuery& chosen,
                        const std::string& only_right) {
  const auto& set = answers.set();
  const auto [language, by_text] = chosen.kind;
  const auto& texts = answers.texts(language);
  const bool upright = model.model.preprocess.apply_orientation;
  // Texts stand for the first image that has them.
  const auto sample_of = [&](bool is_text, int64_t index) {
    return is_text ? texts.samples[index] : index;
  };
  const int64_t asked = sample_of(by_text, chosen.query);
  report::Example example;
  example.model = model.name;
  example.only_right = only_right;
  example.language = set.languages()[language];
  example.query = caption(set, asked, language);
  if (!by_text) example.query_png = thumbnail(set, asked, upright);
  for (const int64_t target : answers.nearest(chosen.kind, chosen.query, kNeighbours)) {
    const int64_t found = sample_of(!by_text, target);
    example.neighbours.push_back({caption(set, found, language), thumbnail(set, found, upright),
                                  texts.image_labels[found] == texts.image_labels[asked]});
  }
  return example;
}

}  // namespace

void add_disagreement(const NamedModel& teacher, const NamedModel& student,
                      const data::PairSet& test, size_t count, report::Comparison& comparison) {
  const auto of_teacher = answers(teacher.model, test), of_student = answers(student.model, test);
  const auto all = evaluation::disagreements(of_teacher, of_student);
  for (const auto& here : all) {
    comparison.agreement.push_back({test.languages()[here.kind.language],
                                    here.kind.by_text ? "text_to_image" : "image_to_text",
                                    here.both_right, static_cast<int64_t>(here.only_first.size()),
                                    static_cast<int64_t>(here.only_second.size()),
                                    here.both_wrong});
  }
  const auto show = [&](const std::vector<ChosenQuery>& queries, const std::string& only_right) {
    for (const auto& query : queries) {
      comparison.examples.push_back(example(teacher, of_teacher, query, only_right));
      comparison.examples.push_back(example(student, of_student, query, only_right));
    }
  };
  using evaluation::Disagreement;
  show(evaluation::choose(all, &Disagreement::only_first, count), teacher.name);
  show(evaluation::choose(all, &Disagreement::only_second, count), student.name);
}

}  // namespace clipstill::train
