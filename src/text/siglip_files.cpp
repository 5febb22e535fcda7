// `spiece.model`, `tokenizer_config.json` and `special_tokens_map.json`, as the folders of SigLIP
// models hold them.
#include <algorithm>

#include "core/error.h"
#include "core/files.h"
#include "text/tokenizer_files.h"
#include "text/tokenizer_json.h"

namespace clipstill::text {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

// The text of a special token; it must be plain. What white space around it becomes is the same
// with lstrip and rstrip as without.
std::string special_token(const json& token, const std::string& what) {
  if (token.is_object()) expect(token, "single_word", {false, nullptr}, what + ".");
  return token_content(token);
}

bool is_nothing(const json& value) {
  return value.is_null() || ((value.is_structured() || value.is_string()) && value.empty());
}

// `tokens` holds the keys of the special tokens: the config, or special_tokens_map.json.
void apply_special_tokens(const json& tokens, SiglipOptions& options) {
  for (const auto& [key, part] : {std::pair{"eos_token", &options.end},
                                  {"pad_token", &options.padding},
                                  {"unk_token", &options.unknown}}) {
    const json token = tokens.value(key, json());
    if (!token.is_null()) *part = special_token(token, key);
  }
  for (const char* key : {"bos_token", "sep_token", "cls_token", "mask_token",
                          "additional_special_tokens", "extra_special_tokens"}) {
    const json token = tokens.value(key, json());
    if (!is_nothing(token)) refuse(key, token, "SigLIP's special tokens: eos, pad and unk");
  }
}

void apply_config(const json& config, SiglipOptions& options) {
  expect(config, "tokenizer_class", {"SiglipTokenizer", nullptr}, "");
  expect(config, "split_special_tokens", {false, nullptr}, "");
  if (const json kwargs = config.value("sp_model_kwargs", json()); !is_nothing(kwargs)) {
    refuse("sp_model_kwargs", kwargs, "models without options of their own");
  }
  options.lowercase = config.value("do_lower_case", true);
  apply_special_tokens(config, options);
}

// Nothing but the special tokens.
void check_added_tokens(const json& decoder, const SiglipTokenizer& tokenizer,
                        const SiglipOptions& options) {
  for (const auto& [id, token] : decoder.items()) {
    const std::string what = "added_tokens_decoder " + id;
    const auto content = special_token(token, what);
    if (content != options.end && content != options.padding && content != options.unknown) {
      refuse(what, content, "SigLIP's special tokens: eos, pad and unk");
    }
    const auto& names = tokenizer.vocabulary();
    const auto own = std::ranges::find(names, content) - names.begin();
    if (std::to_string(own) != id) {
      fail(ErrorCode::kBadData, "{} is \"{}\", which is piece {} of spiece.model", what, content,
           own);
    }
  }
}

}  // namespace

// As transformers saves it. With added_tokens_decoder no special_tokens_map.json is looked for.
std::string SiglipTokenizer::transformers_config() const {
  ordered_json decoder = ordered_json::object();
  for (const auto* token : {&options_.end, &options_.padding, &options_.unknown}) {
    decoder[std::to_string(require(*token))] = {{"content", *token},    {"lstrip", true},
                                                {"normalized", false},  {"rstrip", true},
                                                {"single_word", false}, {"special", true}};
  }
  const ordered_json config{{"added_tokens_decoder", std::move(decoder)},
                            {"do_lower_case", options_.lowercase},
                            {"eos_token", options_.end},
                            {"pad_token", options_.padding},
                            {"tokenizer_class", "SiglipTokenizer"},
                            {"unk_token", options_.unknown}};
  return config.dump(1) + "\n";
}

NamedFiles SiglipTokenizer::files() const {
  return {{kSpieceModel, file_}, {kTokenizerConfig, transformers_config()}};
}

std::unique_ptr<SiglipTokenizer> siglip_from_model_file(const std::filesystem::path& path) {
  auto file = read_file(path, kMaxTokenizerBytes);
  const auto config_path = path.parent_path() / kTokenizerConfig;
  const auto config = read_tokenizer_config(config_path);
  const bool has_decoder = config.contains("added_tokens_decoder");
  SiglipOptions options;
  naming(config_path, [&] { apply_config(config, options); });
  if (const auto map = path.parent_path() / kSpecialTokensMap; !has_decoder) {
    const auto tokens = read_tokenizer_config(map);
    naming(map, [&] { apply_special_tokens(tokens, options); });
  }
  auto tokenizer =
      naming(path, [&] { return std::make_unique<SiglipTokenizer>(std::move(file), options); });
  if (has_decoder) {
    naming(config_path,
           [&] { check_added_tokens(config["added_tokens_decoder"], *tokenizer, options); });
  }
  return tokenizer;
}

}  // namespace clipstill::text
