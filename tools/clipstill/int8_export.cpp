#include "clipstill/int8_export.h"

#include <algorithm>
#include <map>

#include "core/error.h"
#include "core/files.h"
#include "data/loader.h"
#include "evaluation/gate.h"
#include "exporter/exporter.h"
#include "train/batch_tensors.h"
#include "train/config.h"
#include "train/evaluate.h"

namespace clipstill::cli {
namespace {

constexpr int64_t kBatch = 64;
constexpr int64_t kCostSamples = 256;  // images and texts on which a layer's cost is measured

// `count` of [0, total), evenly spaced.
std::vector<int64_t> spread(int64_t total, int64_t count) {
  count = std::min(total, count);
  std::vector<int64_t> chosen;
  for (int64_t i = 0; i < count; ++i) chosen.push_back((2 * i + 1) * total / (2 * count));
  return chosen;
}

std::vector<exporter::Tensors> image_batches(const train::Model& model, const data::PairSet& set,
                                             int64_t count) {
  const int64_t size = model.preprocess.size;
  std::vector<torch::Tensor> images;
  for (const int64_t sample : spread(set.size(), count)) {
    images.push_back(
        torch::tensor(data::load_images(set, model.preprocess, sample, 1)).view({3, size, size}));
  }
  std::vector<exporter::Tensors> batches;
  for (size_t first = 0; first < images.size(); first += kBatch) {
    const auto last = std::min(images.size(), first + kBatch);
    batches.push_back({{"pixel_values",
                        torch::stack(std::vector(images.begin() + first, images.begin() + last))}});
  }
  return batches;
}

// Texts of one length share a batch, so that there is no padding.
std::vector<exporter::Tensors> text_batches(const train::Model& model, const data::PairSet& set,
                                            int64_t count) {
  const auto context = static_cast<int>(model.network->options().text.context);
  std::map<size_t, std::vector<std::string_view>> by_length;
  std::vector<text::Token> tokens;
  for (const int64_t i : spread(static_cast<int64_t>(set.texts().size()), count)) {
    const auto& words = set.texts()[static_cast<size_t>(i)];
    model.tokenizer->encode(words, context, tokens);
    by_length[tokens.size()].push_back(words);
  }
  std::vector<exporter::Tensors> batches;
  for (const auto& [length, texts] : by_length) {
    auto batch = model.tokenizer->encode_batch(texts, context);
    const auto [ids, mask] = train::token_tensors(batch);
    batches.push_back(text_inputs(ids.clone(), mask));
  }
  return batches;
}

evaluation::Embedders embedders(const train::Model& model, const exporter::Evaluator& image,
                                const exporter::Evaluator& text) {
  return train::embedders(
      model, {.images =
                  [&](const auto& pixels) {
                    return image.run({{"pixel_values", pixels}}).at(0);
                  },
              .texts = [&](const auto& ids,
                           const auto& mask) { return text.run(text_inputs(ids, mask)).at(0); }});
}

std::string value_of(const OptionSpec& spec) {
  return format_option(std::visit([](auto* member) { return OptionValue(*member); }, spec.target));
}

}  // namespace

exporter::Tensors text_inputs(const torch::Tensor& ids, const torch::Tensor& mask) {
  return {{"input_ids", ids}, {"attention_mask", mask.to(torch::kLong)}};
}

std::optional<fs::path> run_of_model(const std::string& model_folder) {
  auto folder = fs::absolute(model_folder).lexically_normal();
  if (folder.filename().empty()) folder = folder.parent_path();  // "run/best/"
  if (!fs::exists(folder.parent_path() / "config.toml")) return {};
  return folder.parent_path();
}

data::DataOptions data_of_model(const std::string& model_folder, const OptionSet& flags,
                                const data::DataOptions& options) {
  if (!options.path.empty()) return options;
  const auto run = run_of_model(model_folder);
  if (!run) {
    fail(ErrorCode::kUsage,
         "{}: no config.toml of a run beside the model, and no --data.path; name the image-text "
         "pairs that it was trained on",
         model_folder);
  }
  train::RunConfig config;
  OptionSet set;
  train::declare_options(set, config);
  set.load_toml(*run / "config.toml");
  for (const auto& spec : flags.specs()) {
    if (!spec->is_set || !spec->key.starts_with("data.")) continue;
    set.assign(spec->key, value_of(*spec), spec->origin);
  }
  return config.data;
}

exporter::Int8Encoders make_int8_encoders(train::Model& model, const data::RunData& data,
                                          const exporter::Int8Options& options,
                                          const exporter::Int8Training& training) {
  const auto& validation = data.validation;
  if (validation.size() == 0) {
    fail(ErrorCode::kBadData,
         "there are no validation pairs to tell which layers int8 costs most; set "
         "--data.validation_share");
  }
  const int64_t samples = options.calibration.samples;
  const exporter::EncoderData image{exporter::image_encoder(model.network),
                                    image_batches(model, data.train, samples),
                                    image_batches(model, validation, kCostSamples)};
  const exporter::EncoderData text{exporter::text_encoder(model.network),
                                   text_batches(model, data.train, samples),
                                   text_batches(model, validation, kCostSamples)};
  const auto score = [&](const exporter::Evaluator& i, const exporter::Evaluator& t) {
    const auto found =
        evaluation::accuracy_of(evaluation::evaluate(validation, embedders(model, i, t)).metrics);
    return exporter::Accuracy{found.recall, found.zero_shot};
  };
  return exporter::make_int8(image, text, score, options, training);
}

bundle::MetricsFile measure(train::Model& model, const data::RunData& data,
                            const data::DataOptions& data_options,
                            const exporter::Int8Encoders* int8,
                            const exporter::Int8Options& int8_options) {
  bundle::MetricsFile file;
  file.split = data.test.size() > 0 ? "test" : "val";
  const auto& set = data.split(file.split);
  file.pairs = set.size();
  file.fingerprint = set.fingerprint();
  auto options = data_options;
  OptionSet declared;
  data::declare_options(declared, options);
  for (const auto& spec : declared.specs()) {
    if (spec->key != "data.path") file.options[spec->key] = value_of(*spec);
  }
  file.results["torch"] = train::evaluate(model, set).metrics;
  if (int8 == nullptr) return file;
  const exporter::Evaluator image(int8->image), text(int8->text);
  file.results["torch_int8"] = evaluation::evaluate(set, embedders(model, image, text)).metrics;
  file.method = int8_options.calibration.method;
  file.reduce_range = int8_options.reduce_range;
  file.max_drop = int8_options.max_drop;
  file.size = int8->size;
  file.qat_steps = int8->is_trained ? int8_options.qat_steps : 0;
  for (const auto& [layer, cost, is_fp32] : int8->layers) {
    file.layers.push_back({layer, cost, is_fp32});
  }
  return file;
}

}  // namespace clipstill::cli
