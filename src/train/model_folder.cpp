#include "train/model_folder.h"

#include <nlohmann/json.hpp>

#include "bundle/weight_files.h"
#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "core/shallow_json.h"
#include "nn/options_json.h"
#include "pretrained/inputs.h"
#include "text/tokenizer_files.h"
#include "train/published_model.h"

namespace clipstill::train {
namespace {

constexpr uint64_t kMaxConfigBytes = 1 << 20;

nn::ClipModelOptions read_options(const std::filesystem::path& path) {
  nn::ClipModelOptions options;
  OptionSet set;
  nn::declare_options(set, "model", options);
  try {
    const auto root = parse_shallow_json(read_file(path, kMaxConfigBytes), path.string());
    if (root.value("version", nlohmann::json()) != 1) {
      fail(ErrorCode::kBadData, "{}: expected format clipstill-model, version 1", path.string());
    }
    for (const auto& [key, value] : root.at("model").items()) {
      if (key != "model.text.vocabulary") set.assign(key, value.dump(), path.string());
    }
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorCode::kBadData, "{}: not a model config: {}", path.string(), error.what());
  }
  return options;
}

}  // namespace

nn::ClipModel make_network(nn::ClipModelOptions options, const text::Tokenizer& tokenizer,
                           uint64_t seed) {
  options.text.vocabulary = tokenizer.vocabulary_size();
  options.text.end_id = tokenizer.end_id();
  options.text.padding_id = tokenizer.padding_id();
  return nn::make_clip_model(options, seed);
}

void save_model(const std::filesystem::path& folder, const Model& model,
                const NamedTensors& weights, bool half) {
  make_folders(folder);
  const nlohmann::ordered_json root{{"format", "clipstill-model"},
                                    {"version", 1},
                                    {"tokenizer", model.tokenizer->fingerprint()},
                                    {"model", nn::to_json(model.network->options())}};
  write_file(folder / "config.json", root.dump(1) + "\n");
  text::write_tokenizer(folder, *model.tokenizer);
  write_file(folder / "preprocessor_config.json", model.preprocess.to_json());
  save_tensors(folder / "model.safetensors", weights, half);
}

Model load_model(const std::filesystem::path& folder) {
  auto inputs = pretrained::load_inputs(folder);
  Model model;
  model.tokenizer = std::move(inputs.tokenizer);
  model.preprocess = inputs.preprocess;
  if (pretrained::is_pretrained(folder)) {
    const auto config = pretrained::read_config(folder);
    model.network = make_network(options_of(config), *model.tokenizer, /*seed=*/0);
    load_published_weights(folder, config, *model.network);
  } else {
    model.network =
        make_network(read_options(folder / "config.json"), *model.tokenizer, /*seed=*/0);
    load_tensors(folder / "model.safetensors", named_tensors(*model.network));
  }
  model.network->eval();
  return model;
}

std::string weights_fingerprint(const std::filesystem::path& folder) {
  // The same weights with another activation or width of a head are another model, and a config is
  // easily edited.
  const auto of = [](const auto& tensors, const nn::ClipModelOptions& options) {
    return hash_hex(bundle::fingerprint(tensors) + nn::to_json(options).dump());
  };
  if (!pretrained::is_pretrained(folder)) {
    return of(bundle::WeightFiles(folder).tensors(), read_options(folder / "config.json"));
  }
  const auto config = pretrained::read_config(folder);
  return of(published_weights(folder, config).tensors(), options_of(config));
}

}  // namespace clipstill::train
