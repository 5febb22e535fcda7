#include "edge/accuracy.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "bundle/card_metrics.h"
#include "bundle/manifest.h"
#include "core/atomic_folder.h"
#include "core/error.h"
#include "data/loader.h"
#include "evaluation/evaluate.h"
#include "runtime/image_encoder.h"
#include "runtime/text_encoder.h"

namespace clipstill::cli {
namespace {

constexpr double kDefaultMaxDrop = 0.3;  // points
constexpr const char* kCard = "README.md";

bundle::MetricsFile metrics_of(const runtime::BundleFolder& folder) {
  if (!fs::exists(folder.path() / bundle::kMetricsFile)) return {};
  const auto file = folder.open(bundle::kMetricsFile);
  return bundle::parse_metrics(file.text(), file.path().string());
}

std::string costliest(const bundle::MetricsFile& file) {
  std::vector<std::string> names;
  for (const auto& layer : file.layers) {
    if (!layer.is_fp32 && names.size() < 3) names.push_back(layer.name);
  }
  return names.empty() ? "unknown, for lack of metrics.json"
                       : fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

bundle::Metrics measure_bundle(const std::string& bundle, const runtime::RuntimeOptions& options,
                               const data::PairSet& set) {
  const runtime::BundleFolder folder(bundle);
  const runtime::ImageEncoder images(folder, options);
  const runtime::TextEncoder texts(folder, options);
  const auto width = static_cast<size_t>(images.width());
  const auto result = evaluation::evaluate(
      set, {.width = images.width(),
            .images =
                [&](const data::PairSet& pairs) {
                  const auto count = static_cast<size_t>(pairs.size());
                  std::vector<float> out(count * width);
                  images.embed(
                      count,
                      [&](size_t i, std::span<float> tensor) {
                        const auto pixels = data::load_images(pairs, images.preprocess(),
                                                              static_cast<int64_t>(i), 1);
                        std::ranges::copy(pixels, tensor.begin());
                      },
                      out);
                  return out;
                },
            .texts =
                [&](const std::vector<std::string>& words) {
                  const std::vector<std::string_view> views(words.begin(), words.end());
                  std::vector<float> out(words.size() * width);
                  texts.embed(views, out);
                  return out;
                }});
  return result.metrics;
}

void declare_options(OptionSet& set, AccuracyOptions& o) {
  data::declare_options(set, o.data);
  set.add("split", o.split, "which part of the data").choices({"test", "val", "train"});
  set.add("max_drop", o.max_drop,
          "points of recall@1 and zero-shot accuracy that int8 may lose; -1 = as exported")
      .range(-1, 100);
  set.add("record", o.record,
          "write what was measured into the bundle's metrics.json and model card");
}

AccuracyReport measure_accuracy(const std::string& bundle, OptionSet& flags,
                                AccuracyOptions& options, const runtime::RuntimeOptions& runtime) {
  const runtime::BundleFolder folder(bundle);
  AccuracyReport report{metrics_of(folder)};
  auto& file = report.file;
  for (const auto& [key, value] : file.options) {
    const auto* spec = flags.find(key);
    if (spec != nullptr && !spec->is_set) flags.assign(key, value, bundle::kMetricsFile);
  }
  if (!file.split.empty() && !flags.find("split")->is_set) options.split = file.split;
  const auto data = data::open_run_data(options.data);
  const auto& set = data.split(options.split);
  if (!file.fingerprint.empty() && set.fingerprint() != file.fingerprint) {
    fail(ErrorCode::kUsage,
         "{}: its metrics.json tells about {} other pairs (split {}, fingerprint {}), these are {} "
         "(split {}, fingerprint {}); give the data that it was exported with",
         bundle, file.pairs, file.split, file.fingerprint, set.size(), options.split,
         set.fingerprint());
  }
  file.split = options.split;
  file.pairs = set.size();
  file.fingerprint = set.fingerprint();
  report.max_drop = options.max_drop >= 0 ? options.max_drop
                    : file.layers.empty() ? kDefaultMaxDrop
                                          : file.max_drop;
  report.has_int8 = folder.has_precision("int8");
  for (const char* precision : {"fp32", "int8"}) {
    if (!folder.has_precision(precision)) continue;
    auto chosen = runtime;
    chosen.precision = precision;
    file.results[fmt::format("onnx_{}", precision)] = measure_bundle(bundle, chosen, set);
  }
  return report;
}

evaluation::Drop AccuracyReport::drop() const {
  return evaluation::drop(file.results.at("onnx_fp32"), file.results.at("onnx_int8"));
}

Json AccuracyReport::to_json() const {
  Json json{{"split", file.split}, {"pairs", file.pairs}, {"results", file.results}};
  if (has_int8) {
    json["gate"] = {{"recall_drop", drop().recall},
                    {"zero_shot_drop", drop().zero_shot},
                    {"max_drop", max_drop},
                    {"passed", drop().is_within(max_drop)}};
  }
  return json;
}

std::string AccuracyReport::text() const {
  std::vector<std::vector<std::string>> rows{{"accuracy"}};
  for (const auto& [form, metrics] : file.results) rows[0].push_back(form);
  for (const auto& [name, value] : file.results.at("onnx_fp32")) {
    if (!name.ends_with("recall@1") && !name.ends_with("accuracy")) continue;
    rows.push_back({name});
    for (const auto& [form, metrics] : file.results) {
      const auto found = metrics.find(name);
      rows.back().push_back(found == metrics.end() ? ""
                                                   : fmt::format("{:.2f} %", 100 * found->second));
    }
  }
  auto text = fmt::format("{}\n{} pairs, split {}", format_table(rows), file.pairs, file.split);
  if (has_int8) {
    text += fmt::format(
        "\nint8 loses {:.2f} points of recall@1 and {:.2f} of zero-shot accuracy; allowed are {}",
        drop().recall, drop().zero_shot, max_drop);
  }
  return text;
}

void AccuracyReport::require_passed(const std::string& bundle) const {
  if (!has_int8 || drop().is_within(max_drop)) return;
  fail(ErrorCode::kAccuracyGate,
       "{}: int8 loses {:.2f} points of recall@1 and {:.2f} of zero-shot accuracy, allowed are {}; "
       "the int8 layers that cost most: {}; export again with them in --int8.fp32_layers, or with "
       "another --int8.method",
       bundle, drop().recall, drop().zero_shot, max_drop, costliest(file));
}

void record_metrics(const std::string& bundle, const bundle::MetricsFile& file) {
  AtomicFolder building(bundle);
  for (const auto& entry : fs::recursive_directory_iterator(bundle)) {
    const auto name = entry.path().lexically_relative(bundle);
    if (entry.is_directory()) make_folders(building.path() / name);
    if (entry.is_regular_file()) write_file(building.path() / name, read_file(entry.path()));
  }
  const auto json = to_json(file);
  write_file(building.path() / bundle::kMetricsFile, json);
  if (const auto card = building.path() / kCard; fs::exists(card)) {
    write_file(card, bundle::with_metrics(read_file(card), file, json.size()));
  }
  bundle::write_manifest(building.path());
  building.commit();
}

}  // namespace clipstill::cli
