#include "train/model_folder.h"

#include <nlohmann/json.hpp>

#include "bundle/safetensors.h"
#include "core/error.h"
#include "core/files.h"
#include "core/shallow_json.h"
#include "nn/options_json.h"

namespace clipstill::train {
namespace {

constexpr uint64_t kMaxConfigBytes = 1 << 20;

struct ModelConfig {
  nn::ClipModelOptions options;
  std::string tokenizer;  // its fingerprint; empty in a folder that does not tell it
};

ModelConfig read_config(const std::filesystem::path& path) {
  ModelConfig config;
  auto& options = config.options;
  OptionSet set;
  nn::declare_options(set, "model", options);
  try {
    const auto root = parse_shallow_json(read_file(path, kMaxConfigBytes), path.string());
    if (root.value("format", "") != "clipstill-model" || root.value("version", 0) != 1) {
      fail(ErrorCode::kBadData, "{}: expected format clipstill-model, version 1", path.string());
    }
    config.tokenizer = root.value("tokenizer", "");
    for (const auto& [key, value] : root.at("model").items()) {
      if (key == "model.text.vocabulary") {
        options.text.vocabulary = value.get<int64_t>();
      } else {
        set.assign(key, value.dump(), path.string());
      }
    }
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorCode::kBadData, "{}: not a model config: {}", path.string(), error.what());
  }
  return config;
}

void check_tokenizer(const std::filesystem::path& folder, const text::Tokenizer& tokenizer,
                     const ModelConfig& config) {
  if (tokenizer.vocabulary_size() != config.options.text.vocabulary) {
    fail(ErrorCode::kBadData,
         "{}: its tokenizer has {} tokens, the model was trained with {}; another model's "
         "tokenizer gives wrong ids",
         folder.string(), tokenizer.vocabulary_size(), config.options.text.vocabulary);
  }
  if (!config.tokenizer.empty() && tokenizer.fingerprint() != config.tokenizer) {
    fail(ErrorCode::kBadData,
         "{}: tokenizer.json is not the one that the model was trained with (fingerprint {}, "
         "expected {}); another model's tokenizer gives wrong ids",
         folder.string(), tokenizer.fingerprint(), config.tokenizer);
  }
}

}  // namespace

void save_model(const std::filesystem::path& folder, const Model& model,
                const NamedTensors& weights, bool half) {
  make_folders(folder);
  const nlohmann::ordered_json root{{"format", "clipstill-model"},
                                    {"version", 1},
                                    {"tokenizer", model.tokenizer->fingerprint()},
                                    {"model", nn::to_json(model.network->options())}};
  write_file(folder / "config.json", root.dump(1) + "\n");
  write_file(folder / "tokenizer.json", model.tokenizer->to_json());
  write_file(folder / "preprocessor_config.json", model.preprocess.to_json());
  save_tensors(folder / "model.safetensors", weights, half);
}

Model load_model(const std::filesystem::path& folder) {
  if (!fs::exists(folder / "config.json")) {
    fail(ErrorCode::kMissingFile,
         "{}: expected a model folder (config.json, model.safetensors, tokenizer.json, "
         "preprocessor_config.json), such as the `best` of a run",
         folder.string());
  }
  const auto config = read_config(folder / "config.json");
  const auto& options = config.options;
  Model model;
  model.tokenizer = text::load_tokenizer(folder / "tokenizer.json");
  check_tokenizer(folder, *model.tokenizer, config);
  const auto preprocessor = folder / "preprocessor_config.json";
  model.preprocess =
      image::Preprocess::from_json(read_file(preprocessor, kMaxConfigBytes), preprocessor.string());
  if (model.preprocess.size != options.image.size) {
    fail(ErrorCode::kBadData, "{}: images of {} pixels, the model takes {}", preprocessor.string(),
         model.preprocess.size, options.image.size);
  }
  model.network = nn::make_clip_model(options, /*seed=*/0);
  load_tensors(folder / "model.safetensors", named_tensors(*model.network));
  model.network->eval();
  return model;
}

std::string weights_fingerprint(const std::filesystem::path& folder) {
  return bundle::fingerprint(bundle::SafetensorsFile(folder / "model.safetensors").tensors());
}

}  // namespace clipstill::train
