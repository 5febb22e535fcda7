// `tokenizer.json` in the layout that the Hugging Face `tokenizers` library reads.
#include <nlohmann/json.hpp>

#include "text/wordpiece.h"

namespace clipstill::text {
namespace {

using nlohmann::ordered_json;

ordered_json special_token(const WordPieceTokenizer& tokenizer, int32_t id) {
  return {{"id", id},
          {"content", std::string(tokenizer.token(id))},
          {"single_word", false},
          {"lstrip", false},
          {"rstrip", false},
          {"normalized", false},
          {"special", true}};
}

}  // namespace

std::string WordPieceTokenizer::to_json() const {
  ordered_json root;
  root["version"] = "1.0";
  root["truncation"] = nullptr;
  root["padding"] = nullptr;
  auto& added = root["added_tokens"] = ordered_json::array();
  for (const int32_t id : special_ids_) added.push_back(special_token(*this, id));
  root["normalizer"] = {{"type", "BertNormalizer"},
                        {"clean_text", options_.clean_text},
                        {"handle_chinese_chars", options_.handle_chinese_chars},
                        {"strip_accents", options_.strip_accents},
                        {"lowercase", options_.lowercase}};
  root["pre_tokenizer"] = {{"type", "BertPreTokenizer"}};
  root["post_processor"] = {
      {"type", "BertProcessing"}, {"sep", {"[SEP]", end_id_}}, {"cls", {"[CLS]", start_id_}}};
  root["decoder"] = {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}};
  auto& model = root["model"];
  model["type"] = "WordPiece";
  model["unk_token"] = "[UNK]";
  model["continuing_subword_prefix"] = "##";
  model["max_input_chars_per_word"] = options_.max_characters_per_word;
  auto& vocab = model["vocab"] = ordered_json::object();
  for (size_t i = 0; i < vocabulary_.size(); ++i) vocab[vocabulary_[i]] = i;
  return root.dump(1) + "\n";
}

}  // namespace clipstill::text
