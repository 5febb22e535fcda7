#include "sample.h"

#include <array>
#include <cmath>
#include <iterator>

namespace clipstill::report {
namespace {

constexpr const char* kLosses[] = {"ce", "style", "kl", "fd", "icl"};
using Weights = std::array<double, std::size(kLosses)>;

Variant student(const std::string& name, const std::string& description, const Weights& weights,
                double score, metrics::Interval retention, metrics::Interval gain) {
  Variant variant;
  variant.name = name;
  variant.description = description;
  variant.parameters = {{"image tower", 498'112},
                        {"text tower", 221'056},
                        {"token embedding", 143'616},
                        {"projections", 65'536}};
  variant.flops_image = 61'300'000;
  variant.flops_text = 5'200'000;
  for (int64_t seed = 1; seed <= 3; ++seed) {
    variant.runs.push_back(sample_run(seed, score + 0.006 * static_cast<double>(seed - 2)));
    for (size_t i = 0; i < weights.size(); ++i) {
      variant.runs.back().losses.push_back(
          {.name = kLosses[i], .first = weights[i], .last = weights[i]});
    }
  }
  variant.retention = retention;
  variant.gain = gain;
  return variant;
}

Example example(const std::string& model, const std::string& query, bool first_right) {
  Example result;
  result.model = model;
  result.query = query;
  for (const char* caption : {"a smiling cat face with heart eyes", "猫脸", "grinning face"}) {
    result.neighbours.push_back({.caption = caption, .png = tiny_png(), .correct = false});
  }
  result.neighbours[first_right ? 0 : 2].correct = true;
  return result;
}

}  // namespace

std::string tiny_png() {
  constexpr unsigned char kBytes[] = {
      0x89, 'P',  'N',  'G',  '\r', '\n', 0x1a, '\n', 0,    0,    0,    13,   'I',  'H',
      'D',  'R',  0,    0,    0,    1,    0,    0,    0,    1,    8,    4,    0,    0,
      0,    0xb5, 0x1c, 0x0c, 0x02, 0,    0,    0,    0x0b, 'I',  'D',  'A',  'T',  0x78,
      0xda, 0x63, 0x64, 0xf8, 0x0f, 0,    0x01, 0x05, 0x01, 0x01, 0x27, 0x18, 0xe3, 0x66,
      0,    0,    0,    0,    'I',  'E',  'N',  'D',  0xae, 0x42, 0x60, 0x82};
  return {reinterpret_cast<const char*>(kBytes), sizeof kBytes};
}

RunResult sample_run(int64_t seed, double score) {
  RunResult run{.seed = seed,
                .steps = 4000,
                .train_seconds = 372,
                .samples_per_second = 2750,
                .loader_share = 0.012,
                .losses = {},
                .metrics = {},
                .category_recall = {},
                .calibration = {},
                .curves = {}};
  for (const std::string language : {"en", "zh"}) {
    const double base = language == "en" ? score : score - 0.04;
    for (const std::string direction : {"image_to_text", "text_to_image"}) {
      const std::string prefix = language + "/" + direction + "/recall@";
      run.metrics[prefix + "1"] = base;
      run.metrics[prefix + "5"] = 1 - (1 - base) * 0.45;
      run.metrics[prefix + "10"] = 1 - (1 - base) * 0.3;
    }
    run.metrics[language + "/zero_shot/accuracy"] = base - 0.02;
    run.calibration[language + "/scale"] = 62.5;
    run.calibration[language + "/ece"] = 0.25 - 0.2 * base;
    run.calibration[language + "/nll"] = 2 - base;
    run.calibration[language + "/temperature"] = 2 - 0.5 * base;
    run.calibration[language + "/fitted_ece"] = 0.03;
    run.calibration[language + "/fitted_nll"] = 1.75 - base;
  }
  run.metrics["mean/recall@1"] = score - 0.02;
  for (int64_t step = 200; step <= run.steps; step += 200) {
    const double t = static_cast<double>(step);
    const double wiggle = 0.004 * std::sin(0.01 * t + static_cast<double>(seed));
    run.curves["val/recall@1"].push_back(
        {.step = step, .seconds = 0.093 * t, .value = score * (1 - std::exp(-t / 900)) + wiggle});
    run.curves["loss"].push_back({.step = step, .seconds = 0.093 * t, .value = 600 / t});
  }
  return run;
}

Comparison sample_comparison() {
  Comparison comparison;
  comparison.title = "Emoji students";
  comparison.data = "Trained on Twemoji, OpenMoji and Fluent; Noto is held out.";
  comparison.command = "clipstill compare configs/emoji.toml";
  comparison.machine = "x86-64, 2 cores";
  comparison.commit = "0123abcd";
  comparison.date = "2025-01-31";
  comparison.languages = {"en", "zh"};
  comparison.teacher.name = "emoji-teacher";
  comparison.teacher.description = "ResNet and transformer, trained natively on the same data";
  comparison.teacher.parameters = {{"image tower", 6'912'000},
                                   {"text tower", 2'361'856},
                                   {"token embedding", 1'148'928},
                                   {"projections", 262'144}};
  comparison.teacher.flops_image = 912'000'000;
  comparison.teacher.flops_text = 88'000'000;
  RunResult given = sample_run(0, 0.642);
  given.train_seconds = 0;
  given.curves.clear();
  comparison.teacher.runs = {given};
  comparison.variants = {
      student("native", "CE", {1, 0, 0, 0, 0}, 0.551, {0.8537, 0.8391, 0.8671}, {}),
      student("kl_t4", "0.5 CE + 0.5 KL at T = 4", {0.5, 0, 0.5, 0, 0}, 0.588,
              {0.9132, 0.9011, 0.9262}, {0.0370, 0.0241, 0.0502}),
      student("fd", "CE + FD", {1, 0, 0, 150, 0}, 0.607, {0.9437, 0.9309, 0.9561},
              {0.0560, 0.0433, 0.0688}),
      student("icl", "CE + ICL", {1, 0, 0, 0, 1}, 0.604, {0.9389, 0.9268, 0.9502},
              {0.0530, 0.0401, 0.0655}),
      student("combined", "CE + KL + FD + ICL", {0.3, 0, 0.5, 150, 1}, 0.625,
              {0.9727, 0.9601, 0.9849}, {0.0740, 0.0612, 0.0868})};
  comparison.headline = "combined";
  const double against_combined[] = {-0.0740, -0.0370, -0.0180, -0.0210};
  for (size_t i = 0; i < std::size(against_combined); ++i) {
    const double value = against_combined[i];
    comparison.variants[i].to_headline = {value, value - 0.0131, value + 0.0124};
  }
  comparison.examples = {
      example("emoji-teacher", "cat in love", true), example("combined", "cat in love", true),
      example("native", "cat in love", false), example("combined", "爱心猫", true)};
  for (Example& example : comparison.examples) {
    example.only_right = example.query == "爱心猫" ? "combined" : "emoji-teacher";
    example.language = example.query == "爱心猫" ? "zh" : "en";
  }
  comparison.agreement = {{"en", "image_to_text", 1200, 150, 50, 600},
                          {"zh", "text_to_image", 900, 300, 100, 700}};
  comparison.notes = {"The preset of the original method was not run with more than one seed."};
  return comparison;
}

Comparison empty_comparison() {
  Comparison comparison;
  comparison.headline = "combined";
  comparison.languages = {"en"};
  comparison.variants.resize(2);
  comparison.variants[0].name = "native";
  comparison.variants[1].name = "combined";
  return comparison;
}

}  // namespace clipstill::report
