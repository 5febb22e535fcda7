// `tokenizer.json` of a CLIP tokenizer, as transformers writes it, the versions before 5 included.
#include <optional>

#include "core/error.h"
#include "text/clip_pattern.h"
#include "text/tokenizer_files.h"
#include "text/tokenizer_json.h"

namespace clipstill::text {
namespace {

using nlohmann::json;

void check_normalizer(const TokenizerJson& file) {
  if (const auto& found = file.root().at("normalizer"); found != json(clip_normalizer_json())) {
    refuse("normalizer", found, "CLIP's: NFC, Replace of \\s+ by a space, Lowercase");
  }
}

// Whether the pattern has the special words.
bool read_pattern(const TokenizerJson& file) {
  const auto& steps = file.section("pre_tokenizer", "Sequence").at("pretokenizers");
  if (!steps.is_array() || steps.size() != 2) {
    refuse("pre_tokenizer.pretokenizers", steps, "Split and ByteLevel");
  }
  const std::string split = "pre_tokenizer.pretokenizers[0].",
                    bytes = "pre_tokenizer.pretokenizers[1].";
  expect(steps[0], "type", {"Split"}, split);
  expect(steps[0], "behavior", {"Removed"}, split);
  expect(steps[0], "invert", {true}, split);
  expect(steps[1], "type", {"ByteLevel"}, bytes);
  expect(steps[1], "add_prefix_space", {false}, bytes);
  expect(steps[1], "use_regex", {true, nullptr}, bytes);
  const auto pattern = steps[0].at("pattern").at("Regex").get<std::string>();
  for (const bool special_words : {true, false}) {
    if (pattern == clip_pattern(special_words)) return special_words;
  }
  refuse(split + "pattern", pattern, "CLIP's: " + clip_pattern(false));
}

// "a b", or ["a", "b"] as newer versions write it.
std::vector<std::string> read_merges(const json& merges) {
  if (!merges.is_array()) refuse("model.merges", merges, "an array of pairs of tokens");
  std::vector<std::string> lines;
  for (const auto& merge : merges) {
    const bool pair = merge.is_array() && merge.size() == 2;
    lines.push_back(pair ? merge[0].get<std::string>() + " " + merge[1].get<std::string>()
                         : merge.get<std::string>());
  }
  return lines;
}

std::string read_special(const json& processor, const char* key) {
  const auto& token = processor.at(key);
  if (!token.is_array() || token.size() != 2) {
    refuse(std::string("post_processor.") + key, token, "[token, id]");
  }
  return token[0].get<std::string>();
}

// The token that `padding` names, or else tokenizer_config.json; they must not contradict.
std::optional<std::string> read_padding(const TokenizerJson& file,
                                        const std::filesystem::path& config) {
  std::optional<std::string> padding;
  if (const auto node = file.root().value("padding", json()); !node.is_null()) {
    padding = node.at("pad_token").get<std::string>();
  }
  const auto settings = read_tokenizer_config(config);
  if (!settings.contains("pad_token") || settings["pad_token"].is_null()) return padding;
  const auto configured = token_content(settings["pad_token"]);
  if (padding && *padding != configured) {
    fail(ErrorCode::kBadData,
         "padding.pad_token is \"{}\", but pad_token of {} is \"{}\"; make them the same", *padding,
         config.filename().string(), configured);
  }
  return configured;
}

}  // namespace

std::unique_ptr<ClipBpeTokenizer> clip_bpe_from_json(const TokenizerJson& file,
                                                     const std::filesystem::path& config) {
  const auto& model = file.section("model", "BPE");
  expect(model, "dropout", {nullptr}, "model.");
  expect(model, "continuing_subword_prefix", {"", nullptr}, "model.");
  expect(model, "end_of_word_suffix", {"</w>"}, "model.");
  for (const char* flag : {"fuse_unk", "byte_fallback", "ignore_merges"}) {
    expect(model, flag, {false, nullptr}, "model.");
  }
  check_normalizer(file);
  ClipBpeParts parts;
  parts.special_words = read_pattern(file);
  parts.vocabulary = read_vocabulary(model.at("vocab"), "model.vocab");
  parts.merges = read_merges(model.at("merges"));
  parts.unknown = model.at("unk_token").get<std::string>();
  const auto& processor = file.section("post_processor", "RobertaProcessing");
  parts.start = read_special(processor, "cls");
  parts.end = read_special(processor, "sep");
  parts.padding = read_padding(file, config).value_or(parts.end);
  const auto& added = file.root().at("added_tokens");
  if (!added.is_array()) refuse("added_tokens", added, "an array");
  for (const auto& token : added) {
    parts.added.push_back(
        {TokenizerJson::added_token_id(token, parts.vocabulary), token.value("normalized", false)});
  }
  auto tokenizer = std::make_unique<ClipBpeTokenizer>(std::move(parts));
  file.check_post_processor("RobertaProcessing", *tokenizer);
  file.check_lengths(tokenizer->padding_id());
  return tokenizer;
}

}  // namespace clipstill::text
