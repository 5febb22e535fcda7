// `tokenizer.json` in the layout that the Hugging Face `tokenizers` library reads.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "text/clip_pattern.h"
#include "text/tokenizer_files.h"

namespace clipstill::text {
namespace {

using nlohmann::ordered_json;

ordered_json added_token(const Tokenizer& tokenizer, int32_t id, bool normalized) {
  return {{"id", id},
          {"content", std::string(tokenizer.token(id))},
          {"single_word", false},
          {"lstrip", false},
          {"rstrip", false},
          {"normalized", normalized},
          {"special", true}};
}

ordered_json name_and_id(const Tokenizer& tokenizer, int32_t id) {
  return {std::string(tokenizer.token(id)), id};
}

ordered_json vocabulary_of(const Tokenizer& tokenizer) {
  auto vocab = ordered_json::object();
  for (size_t i = 0; i < tokenizer.vocabulary().size(); ++i) vocab[tokenizer.vocabulary()[i]] = i;
  return vocab;
}

}  // namespace

NamedFiles WordPieceTokenizer::files() const {
  return {{kTokenizerJson, to_json()}};
}

NamedFiles ClipBpeTokenizer::files() const {
  return {{kTokenizerJson, to_json()}};
}

// transformers sets these of the normalizer anew by its own defaults, whatever tokenizer.json says.
std::string WordPieceTokenizer::transformers_config() const {
  const ordered_json config{{"do_lower_case", options_.lowercase},
                            {"strip_accents", options_.strip_accents},
                            {"tokenize_chinese_chars", options_.handle_chinese_chars},
                            {"tokenizer_class", "BertTokenizer"}};
  return config.dump(1) + "\n";
}

std::string ClipBpeTokenizer::transformers_config() const {
  return ordered_json{{"tokenizer_class", "CLIPTokenizer"}}.dump(1) + "\n";
}

std::string WordPieceTokenizer::to_json() const {
  ordered_json root;
  root["version"] = "1.0";
  root["truncation"] = nullptr;
  root["padding"] = nullptr;
  auto& added = root["added_tokens"] = ordered_json::array();
  for (const int32_t id : special_ids_) added.push_back(added_token(*this, id, false));
  root["normalizer"] = {{"type", "BertNormalizer"},
                        {"clean_text", options_.clean_text},
                        {"handle_chinese_chars", options_.handle_chinese_chars},
                        {"strip_accents", options_.strip_accents},
                        {"lowercase", options_.lowercase}};
  root["pre_tokenizer"] = {{"type", "BertPreTokenizer"}};
  root["post_processor"] = {{"type", "BertProcessing"},
                            {"sep", name_and_id(*this, end_id())},
                            {"cls", name_and_id(*this, *start_id())}};
  root["decoder"] = {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}};
  auto& model = root["model"];
  model["type"] = "WordPiece";
  model["unk_token"] = "[UNK]";
  model["continuing_subword_prefix"] = "##";
  model["max_input_chars_per_word"] = options_.max_characters_per_word;
  model["vocab"] = vocabulary_of(*this);
  return root.dump(1) + "\n";
}

std::string ClipBpeTokenizer::to_json() const {
  ordered_json root;
  root["version"] = "1.0";
  root["truncation"] = nullptr;
  root["padding"] = {{"strategy", "BatchLongest"},
                     {"direction", "Right"},
                     {"pad_to_multiple_of", nullptr},
                     {"pad_id", padding_id()},
                     {"pad_type_id", 0},
                     {"pad_token", std::string(token(padding_id()))}};
  auto& added = root["added_tokens"] = ordered_json::array();
  for (const auto& token : added_) added.push_back(added_token(*this, token.id, token.normalized));
  root["normalizer"] = clip_normalizer_json();
  root["pre_tokenizer"] = {{"type", "Sequence"},
                           {"pretokenizers",
                            {{{"type", "Split"},
                              {"pattern", {{"Regex", clip_pattern(special_words_)}}},
                              {"behavior", "Removed"},
                              {"invert", true}},
                             {{"type", "ByteLevel"},
                              {"add_prefix_space", false},
                              {"trim_offsets", true},
                              {"use_regex", true}}}}};
  root["post_processor"] = {{"type", "RobertaProcessing"},
                            {"sep", name_and_id(*this, end_id())},
                            {"cls", name_and_id(*this, *start_id())},
                            {"trim_offsets", false},
                            {"add_prefix_space", false}};
  root["decoder"] = {{"type", "ByteLevel"},
                     {"add_prefix_space", true},
                     {"trim_offsets", true},
                     {"use_regex", true}};
  auto& model = root["model"];
  model["type"] = "BPE";
  model["dropout"] = nullptr;
  model["unk_token"] = std::string(token(unknown_id_));
  model["continuing_subword_prefix"] = "";
  model["end_of_word_suffix"] = "</w>";
  model["fuse_unk"] = false;
  model["byte_fallback"] = false;
  model["ignore_merges"] = false;
  model["vocab"] = vocabulary_of(*this);
  auto& merges = model["merges"] = ordered_json::array();
  for (const auto& merge : merges_.list()) {  // as text, which all versions of the library read
    merges.push_back(fmt::format("{} {}", token(merge.left), token(merge.right)));
  }
  return root.dump(1) + "\n";
}

}  // namespace clipstill::text
