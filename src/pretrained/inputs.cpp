#include "pretrained/inputs.h"

#include "core/error.h"
#include "core/files.h"
#include "core/json_count.h"
#include "core/log.h"
#include "pretrained/config.h"
#include "pretrained/config_reader.h"
#include "text/tokenizer_files.h"

namespace clipstill::pretrained {
namespace {

using image::Filter;
using image::Preprocess;
using image::ResizeMode;

constexpr uint64_t kMaxConfigBytes = 1 << 20;

/// What the folder's config says that tokenizer and preprocessing have to fit.
struct Expected {
  int64_t vocabulary = 0, context = 0, image_size = 0;
  int64_t end_id = -1;      // -1: not said
  std::string fingerprint;  // of the tokenizer; empty: not said
};

Expected expected_by_own(const fs::path& folder) {
  const auto path = folder / "config.json";
  if (!fs::exists(path)) {
    fail(ErrorCode::kMissingFile,
         "{}: expected a model folder: one of clipstill (such as the `best` of a run), or a "
         "published CLIP, Chinese-CLIP, SigLIP or open_clip model with its config.json, "
         "*.safetensors, tokenizer and preprocessor_config.json",
         folder.string());
  }
  try {
    const auto root = read_json_file(path);
    if (root.value("format", "") != "clipstill-model") {
      fail(ErrorCode::kBadData,
           "{}: expected \"format\": \"clipstill-model\", or a \"model_type\" of Hugging Face",
           path.string());
    }
    const auto& model = root.at("model");
    return {.vocabulary = json_count(model, "model.text.vocabulary", path.string()),
            .context = json_count(model, "model.text.context", path.string()),
            .image_size = json_count(model, "model.image.size", path.string()),
            .end_id = -1,
            .fingerprint = root.value("tokenizer", "")};
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorCode::kBadData, "{}: not a model config: {}", path.string(), error.what());
  }
}

Expected expected_by_published(const Config& config) {
  // CLIP that is not told which token ends a text looks at the one with the largest id. That is the
  // end of every text only where no token has a larger one.
  const bool looks_at_largest = config.text.end_id < 0 && (config.family == Family::kClip ||
                                                           config.family == Family::kOpenClip);
  return {.vocabulary = config.text.vocabulary,
          .context = config.text.context,
          .image_size = config.image.size,
          .end_id = looks_at_largest ? config.text.vocabulary - 1 : config.text.end_id,
          .fingerprint = ""};
}

// The file that says how a model of ours cuts texts: SigLIP's, where it has that.
const char* own_tokenizer(const fs::path& folder) {
  return fs::exists(folder / text::kSpieceModel) ? text::kSpieceModel : text::kTokenizerJson;
}

void check_tokenizer(const fs::path& folder, const text::Tokenizer& tokenizer,
                     const Expected& expected) {
  if (tokenizer.vocabulary_size() != expected.vocabulary) {
    fail(ErrorCode::kBadData,
         "{}: its tokenizer has {} tokens, the model was trained with {}; another model's "
         "tokenizer gives wrong ids",
         folder.string(), tokenizer.vocabulary_size(), expected.vocabulary);
  }
  if (!expected.fingerprint.empty() && tokenizer.fingerprint() != expected.fingerprint) {
    fail(ErrorCode::kBadData,
         "{}: {} is not the one that the model was trained with (fingerprint {}, expected {}); "
         "another model's tokenizer gives wrong ids",
         folder.string(), own_tokenizer(folder), tokenizer.fingerprint(), expected.fingerprint);
  }
  if (expected.end_id >= 0 && tokenizer.end_id() != expected.end_id) {
    fail(ErrorCode::kBadData,
         "{}: its tokenizer ends a text with token {}, the model expects {} (eos_token_id, or the "
         "last token); put the tokenizer there that was published with the weights",
         folder.string(), tokenizer.end_id(), expected.end_id);
  }
}

// preprocess_cfg of open_clip; what it leaves out is as in OpenAI's CLIP.
Preprocess open_clip_preprocess(const fs::path& folder, int64_t size) {
  const auto path = folder / "open_clip_config.json";
  Preprocess p;
  p.size = static_cast<int>(size);
  p.blend_alpha = false;
  p.crop_rounding = image::CropRounding::kHalfToEven;
  const auto refuse = [&](const std::string& key, const nlohmann::json& value,
                          const char* expected) {
    fail(ErrorCode::kBadData, "{}: preprocess_cfg: {} is {}; expected {}", path.string(), key,
         value.dump(), expected);
  };
  try {
    const auto root = read_json_file(path);
    const auto config = root.value("preprocess_cfg", nlohmann::json::object());
    for (const auto& [key, value] : config.items()) {
      if (key == "mean") {
        p.mean = value.get<std::array<float, 3>>();
      } else if (key == "std") {
        p.std = value.get<std::array<float, 3>>();
        for (const float deviation : p.std) {
          if (!(deviation > 0)) refuse(key, value, "numbers above 0");
        }
      } else if (key == "interpolation") {
        if (value != "bicubic" && value != "bilinear") refuse(key, value, "bicubic or bilinear");
        p.filter = value == "bicubic" ? Filter::kBicubic : Filter::kBilinear;
      } else if (key == "resize_mode") {
        if (value != "shortest" && value != "squash") refuse(key, value, "shortest or squash");
        p.resize_mode = value == "shortest" ? ResizeMode::kShortestEdge : ResizeMode::kStretch;
      } else if (key == "size") {
        const auto edge =
            value.is_array() && value.size() == 2 && value[0] == value[1] ? value[0] : value;
        if (edge != size) refuse(key, value, "the image_size of vision_cfg");
      } else if (key != "mode" && key != "fill_color") {  // fill_color pads the longest edge only
        refuse(key, value, "no such key, because it could change pixels");
      } else if (key == "mode" && value != "RGB") {
        refuse(key, value, "\"RGB\"");
      }
    }
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorCode::kBadData, "{}: preprocess_cfg: {}", path.string(), error.what());
  }
  return p;
}

// preprocessor_config.json, or what transformers 5 writes, in which it is one part.
Preprocess hugging_face_preprocess(const fs::path& folder) {
  const auto whole = folder / "processor_config.json";
  const auto path = folder / "preprocessor_config.json";
  if (!fs::exists(path) && fs::exists(whole)) {
    const auto root = read_json_file(whole);
    if (root.contains("image_processor")) {
      return Preprocess::from_json(root["image_processor"].dump(),
                                   whole.string() + ": image_processor");
    }
  }
  return Preprocess::from_json(read_file(path, kMaxConfigBytes), path.string());
}

// OpenAI's weights were trained with quick_gelu, most of LAION's with gelu; the other one costs
// points without any error, so that a folder whose name contradicts its config is worth a word.
void check_activation(const fs::path& folder, const Config& config) {
  const auto name = folder.filename().string();
  const auto& activation = config.text.activation;
  const bool openai = name.find("openai") != std::string::npos;
  const bool laion = name.find("laion") != std::string::npos;
  if ((openai && activation == "gelu") || (laion && activation == "quick_gelu")) {
    log_warning(
        "{}: its config says {}, but weights of {} are usually trained with {}; if retrieval is "
        "poor, correct {}",
        folder.string(), activation, openai ? "OpenAI" : "LAION", openai ? "quick_gelu" : "gelu",
        config.family == Family::kOpenClip ? "quick_gelu in open_clip_config.json"
                                           : "hidden_act in config.json");
  }
}

}  // namespace

ModelInputs load_inputs(const fs::path& folder) {
  ModelInputs inputs;
  Expected expected;
  if (is_pretrained(folder)) {
    const auto config = read_config(folder);
    check_activation(folder, config);
    expected = expected_by_published(config);
    inputs.preprocess = config.family == Family::kOpenClip
                            ? open_clip_preprocess(folder, expected.image_size)
                            : hugging_face_preprocess(folder);
    inputs.tokenizer = text::load_tokenizer(folder);
  } else {
    expected = expected_by_own(folder);
    inputs.preprocess = hugging_face_preprocess(folder);
    text::refuse_second_tokenizer(folder, own_tokenizer(folder));
    inputs.tokenizer = text::load_tokenizer(folder / own_tokenizer(folder));
  }
  inputs.context = expected.context;
  check_tokenizer(folder, *inputs.tokenizer, expected);
  if (inputs.preprocess.size != expected.image_size) {
    fail(ErrorCode::kBadData,
         "{}: its preprocessing makes images of {} pixels, the model takes {}; put the "
         "preprocessor_config.json there that was published with the weights",
         folder.string(), inputs.preprocess.size, expected.image_size);
  }
  return inputs;
}

}  // namespace clipstill::pretrained
