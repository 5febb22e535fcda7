// `tokenizer.json` of a BERT WordPiece tokenizer, in the layout of the Hugging Face `tokenizers`
// library; whatever it says that we do not do exactly is refused.
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "text/tokenizer_files.h"

namespace clipstill::text {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

[[noreturn]] void refuse(const std::string& origin, const std::string& what, const json& found,
                         std::string_view expected) {
  fail(ErrorCode::kBadData, "{}: {} is {}; expected {}", origin, what, found.dump(), expected);
}

void expect_type(const json& node, const std::string& origin, const char* what,
                 std::string_view type) {
  if (!node.is_object() || node.value("type", "") != type) refuse(origin, what, node, type);
}

std::vector<std::string> read_vocabulary(const json& vocab, const std::string& origin) {
  if (!vocab.is_object()) refuse(origin, "model.vocab", vocab, "an object of token: id");
  std::vector<std::string> tokens(vocab.size());
  for (const auto& [token, id] : vocab.items()) {
    if (!id.is_number_unsigned() || id.get<uint64_t>() >= tokens.size() ||
        !tokens[id.get<uint64_t>()].empty()) {
      fail(ErrorCode::kBadData,
           "{}: model.vocab: \"{}\" has id {}; expected ids 0 to {}, each once", origin, token,
           id.dump(), tokens.size() - 1);
    }
    tokens[id.get<uint64_t>()] = token;
  }
  return tokens;
}

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

std::unique_ptr<WordPieceTokenizer> wordpiece_from_json(std::string_view text,
                                                        const std::string& origin) {
  try {
    const auto root = json::parse(text);
    const auto& normalizer = root.at("normalizer");
    expect_type(normalizer, origin, "normalizer", "BertNormalizer");
    expect_type(root.at("pre_tokenizer"), origin, "pre_tokenizer", "BertPreTokenizer");
    const auto& model = root.at("model");
    expect_type(model, origin, "model", "WordPiece");
    if (model.value("unk_token", "") != "[UNK]") {
      refuse(origin, "model.unk_token", model.value("unk_token", json()), "\"[UNK]\"");
    }
    if (model.value("continuing_subword_prefix", "##") != "##") {
      refuse(origin, "model.continuing_subword_prefix", model["continuing_subword_prefix"],
             "\"##\"");
    }
    if (const auto& post = root.at("post_processor");
        !post.is_object() || (post.value("type", "") != "BertProcessing" &&
                              post.value("type", "") != "TemplateProcessing")) {
      refuse(origin, "post_processor", post, "BertProcessing");
    }
    WordPieceOptions options;
    options.clean_text = normalizer.at("clean_text").get<bool>();
    options.handle_chinese_chars = normalizer.at("handle_chinese_chars").get<bool>();
    options.lowercase = normalizer.at("lowercase").get<bool>();
    const auto& strip = normalizer.at("strip_accents");  // null: as lowercase
    options.strip_accents = strip.is_null() ? options.lowercase : strip.get<bool>();
    options.max_characters_per_word = model.value("max_input_chars_per_word", 100);
    return std::make_unique<WordPieceTokenizer>(read_vocabulary(model.at("vocab"), origin),
                                                options);
  } catch (const json::exception& error) {
    fail(ErrorCode::kBadData, "{}: not a WordPiece tokenizer.json: {}", origin, error.what());
  } catch (const Error& error) {
    if (std::string_view(error.what()).starts_with(origin)) throw;
    throw Error(error.code(), origin + ": " + error.what());
  }
}

std::unique_ptr<WordPieceTokenizer> wordpiece_from_vocab_file(const std::filesystem::path& path) {
  const std::string content = read_file(path, kMaxTokenizerBytes);
  std::vector<std::string> tokens;
  for (size_t start = 0; start < content.size();) {
    const size_t end = std::min(content.find('\n', start), content.size());
    std::string token = content.substr(start, end - start);
    if (!token.empty() && token.back() == '\r') token.pop_back();
    tokens.push_back(std::move(token));
    start = end + 1;
  }
  WordPieceOptions options;  // bert-base-chinese's
  const auto config_path = path.parent_path() / "tokenizer_config.json";
  try {
    if (fs::exists(config_path)) {
      const auto config = json::parse(read_file(config_path, kMaxTokenizerBytes));
      options.lowercase = config.value("do_lower_case", true);
      options.handle_chinese_chars = config.value("tokenize_chinese_chars", true);
      const auto strip = config.value("strip_accents", json());
      options.strip_accents = strip.is_null() ? options.lowercase : strip.get<bool>();
    }
    return std::make_unique<WordPieceTokenizer>(std::move(tokens), options);
  } catch (const json::exception& error) {
    fail(ErrorCode::kBadData, "{}: {}", config_path.string(), error.what());
  } catch (const Error& error) {
    throw Error(error.code(), path.string() + ": " + error.what());
  }
}

}  // namespace clipstill::text
