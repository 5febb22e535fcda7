#include "exporter/bundle_folder.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "bundle/bundle_config.h"
#include "bundle/manifest.h"
#include "core/atomic_folder.h"
#include "core/error.h"
#include "core/files.h"
#include "exporter/exporter.h"
#include "exporter/half_weights.h"
#include "exporter/model_card.h"
#include "exporter/onnx_file.h"
#include "nn/options_json.h"

namespace clipstill::exporter {
namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kMaxConfigBytes = 1 << 20;

std::string config_json(const BundleContent& content) {
  const auto& model = content.model;
  const auto& options = model->options();
  auto tokenizer = Json::array();
  for (const auto& [name, text] : content.tokenizer) tokenizer.push_back(name);
  Json config{{"format", bundle::kBundleFormat},
              {"version", bundle::kBundleVersion},
              {"producer", std::string("clipstill ") + CLIPSTILL_VERSION},
              {"embed_dim", options.embed_dim},
              {"logit_scale", logit_scale(model)},
              {"image_size", options.image.size},
              {"context_length", options.text.context},
              {"vocabulary_size", options.text.vocabulary},
              {"image_encoder", "onnx/image_encoder.onnx"},
              {"text_encoder", "onnx/text_encoder.onnx"},
              {"tokenizer", std::move(tokenizer)},
              {"parameters", model->parameters_by_component()},
              {"weights", content.weights_fingerprint},
              {"model", nn::to_json(options)}};
  if (options.logit_bias) config["logit_bias"] = model->logit_bias();
  return config.dump(1) + "\n";
}

// The bundle's own files are those of its manifest.
void require_nothing_added(const fs::path& folder) {
  const bundle::Manifest manifest(folder);
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const auto name = entry.path().lexically_relative(folder).generic_string();
    if (entry.is_directory() || name == "manifest.json" || manifest.lists(name)) continue;
    fail(
        ErrorCode::kUsage,
        "{}: not a file of the bundle that is to be replaced; move it away, or name another folder",
        entry.path().string());
  }
}

// Nothing of the user's may be lost: only a bundle makes way for a bundle.
void require_replaceable(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder, error) || (fs::is_directory(folder) && fs::is_empty(folder))) return;
  nlohmann::json config;
  if (const auto path = folder / "config.json"; fs::is_regular_file(path, error)) {
    config = nlohmann::json::parse(read_file(path, kMaxConfigBytes), nullptr,
                                   /*allow_exceptions=*/false);
  }
  const bool is_bundle = config.is_object() && config.contains("format") &&
                         config["format"] == bundle::kBundleFormat && config.contains("version") &&
                         config["version"].is_number_integer();
  if (!is_bundle) {
    fail(ErrorCode::kUsage,
         "{}: exists and is not a bundle, so it is not replaced; name another folder",
         folder.string());
  }
  if (config["version"].get<int64_t>() > bundle::kBundleVersion) {
    fail(ErrorCode::kUsage,
         "{}: a bundle of version {}, newer than the {} of this clipstill, so it is not replaced; "
         "name another folder",
         folder.string(), config["version"].get<int64_t>(), bundle::kBundleVersion);
  }
  require_nothing_added(folder);
}

std::map<std::string, uint64_t> file_sizes(const fs::path& folder) {
  std::map<std::string, uint64_t> sizes;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    sizes[entry.path().lexically_relative(folder).generic_string()] = entry.file_size();
  }
  return sizes;
}

}  // namespace

std::map<std::string, uint64_t> write_bundle(const std::filesystem::path& folder,
                                             const BundleContent& content) {
  require_replaceable(folder);
  AtomicFolder building(folder);
  const auto& path = building.path();
  make_folders(path / "onnx");
  Encoders encoders{image_encoder(content.model), text_encoder(content.model)};
  if (content.half) {
    encoders = {with_half_weights(std::move(encoders.image)),
                with_half_weights(std::move(encoders.text))};
  }
  const auto expected = content.half ? expected_of(encoders, content.selftest)
                                     : expected_of(content.model, content.selftest);
  write_onnx(path / "onnx" / "image_encoder.onnx", encoders.image);
  write_onnx(path / "onnx" / "text_encoder.onnx", encoders.text);
  std::optional<Expected> expected_int8;
  if (content.int8) {
    write_onnx(path / "onnx" / "image_encoder_int8.onnx", content.int8->image);
    write_onnx(path / "onnx" / "text_encoder_int8.onnx", content.int8->text);
    expected_int8 = expected_of(*content.int8, content.selftest);
  }
  write_selftest(path / "selftest.safetensors", content.selftest, expected,
                 expected_int8 ? &*expected_int8 : nullptr);
  for (const auto& [name, text] : content.tokenizer) write_file(path / name, text);
  write_file(path / "preprocessor_config.json", content.preprocessor_json);
  write_file(path / "config.json", config_json(content));
  if (content.metrics) write_file(path / bundle::kMetricsFile, to_json(*content.metrics));
  auto card =
      model_card(content.model, file_sizes(path), content.metrics ? &*content.metrics : nullptr);
  if (!content.notes.empty()) card += "\n" + content.notes;
  write_file(path / "README.md", card);
  bundle::write_manifest(path);
  auto sizes = file_sizes(path);
  building.commit();
  return sizes;
}

}  // namespace clipstill::exporter
