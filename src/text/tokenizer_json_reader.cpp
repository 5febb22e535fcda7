// `tokenizer.json` of a BERT WordPiece tokenizer, in the layout of the Hugging Face `tokenizers`
// library. Whatever it says about the ids that we would not do exactly is refused by name.
// Ignored: the decoder (ids to text), and the lengths of truncation and padding, which each call
// of encode() and encode_batch() gives.
#include <algorithm>
#include <map>

#include "core/error.h"
#include "text/shallow_json.h"
#include "text/tokenizer_files.h"

namespace clipstill::text {
namespace {

using nlohmann::json;

// A value as an error message shows it: short, whatever the file holds.
std::string brief(const json& node) {
  constexpr size_t kMostShown = 60;
  if (node.is_object() && node.contains("type") && node["type"].is_string()) {
    return brief(node["type"]);
  }
  if (node.is_structured()) return node.is_array() ? "an array" : "an object";
  auto text = node.dump(-1, ' ', /*ensure_ascii=*/true, json::error_handler_t::replace);
  if (text.size() > kMostShown) text = text.substr(0, kMostShown) + "...";
  return text;
}

class Reader {
 public:
  Reader(std::string_view text, const std::string& origin) : origin_(origin) {
    root_ = parse_shallow_json(text);
    if (!root_.is_object()) refuse("the file", root_, "an object");
  }

  std::unique_ptr<WordPieceTokenizer> read() const {
    auto vocabulary = read_vocabulary();
    auto tokenizer = std::make_unique<WordPieceTokenizer>(std::move(vocabulary), read_options());
    check_special_tokens(*tokenizer);
    check_post_processor(*tokenizer);
    check_padding_and_truncation(*tokenizer);
    return tokenizer;
  }

 private:
  [[noreturn]] void refuse(std::string_view what, const json& found,
                           std::string_view expected) const {
    fail(ErrorCode::kBadData, "{}: {} is {}; clipstill reads only {}", origin_, what, brief(found),
         expected);
  }

  void expect(const json& parent, const char* key, const json& wanted,
              const std::string& path) const {
    const json found = parent.value(key, json());
    if (found != wanted) refuse(path + key, found, brief(wanted));
  }

  const json& section(const char* name, const char* type) const {
    const auto& node = root_.at(name);
    if (!node.is_object() || node.value("type", json()) != type) refuse(name, node, type);
    return node;
  }

  std::vector<std::string> read_vocabulary() const {
    const auto& model = section("model", "WordPiece");
    expect(model, "unk_token", "[UNK]", "model.");
    expect(model, "continuing_subword_prefix", "##", "model.");
    const auto& vocab = model.at("vocab");
    if (!vocab.is_object()) refuse("model.vocab", vocab, "an object of token: id");
    std::vector<std::string> tokens(vocab.size());
    for (const auto& [token, id] : vocab.items()) {
      if (!id.is_number_unsigned() || id.get<uint64_t>() >= tokens.size() ||
          !tokens[id.get<uint64_t>()].empty()) {
        fail(ErrorCode::kBadData,
             "{}: model.vocab: \"{}\" has id {}; expected ids 0 to {}, each once", origin_, token,
             brief(id), tokens.size() - 1);
      }
      tokens[id.get<uint64_t>()] = token;
    }
    return tokens;
  }

  WordPieceOptions read_options() const {
    section("pre_tokenizer", "BertPreTokenizer");
    const auto& normalizer = section("normalizer", "BertNormalizer");
    WordPieceOptions options;
    options.clean_text = normalizer.at("clean_text").get<bool>();
    options.handle_chinese_chars = normalizer.at("handle_chinese_chars").get<bool>();
    options.lowercase = normalizer.at("lowercase").get<bool>();
    const auto strip = normalizer.value("strip_accents", json());  // null: as lowercase
    options.strip_accents = strip.is_null() ? options.lowercase : strip.get<bool>();
    const auto& longest = root_["model"].at("max_input_chars_per_word");
    if (!longest.is_number_unsigned() || longest.get<uint64_t>() > INT32_MAX) {
      refuse("model.max_input_chars_per_word", longest, "a positive number");
    }
    options.max_characters_per_word = longest.get<int>();
    return options;
  }

  // The specials of the vocabulary, all of them and nothing else, matched before normalisation.
  void check_special_tokens(const WordPieceTokenizer& tokenizer) const {
    const auto& added = root_.at("added_tokens");
    if (!added.is_array()) refuse("added_tokens", added, "an array");
    const auto& vocabulary = tokenizer.vocabulary();
    std::map<std::string, int> found;
    for (const auto& token : added) {
      const std::string content = token.at("content").get<std::string>();
      if (!is_special_token(content)) {
        refuse("an added token", token["content"], "[PAD], [UNK], [CLS], [SEP] and [MASK]");
      }
      const std::string path = "added_tokens: " + content + ".";
      for (const char* flag : {"single_word", "lstrip", "rstrip", "normalized"}) {
        expect(token, flag, false, path);
      }
      const auto id = std::ranges::find(vocabulary, content) - vocabulary.begin();
      expect(token, "id", id, path);
      ++found[content];
    }
    for (const auto& token : vocabulary) {
      if (!is_special_token(token)) continue;
      if (found[token] != 1) refuse("added_tokens: " + token, found[token], "one of each");
    }
  }

  void check_post_processor(const WordPieceTokenizer& tokenizer) const {
    const auto& post = root_.at("post_processor");
    std::vector<Token> ends;  // [CLS] [SEP]
    tokenizer.encode("", /*context=*/2, ends, nullptr);
    const json start = {"[CLS]", ends[0].id}, end = {"[SEP]", ends[1].id};
    const json type = post.is_object() ? post.value("type", json()) : json();
    if (type == "BertProcessing") {
      expect(post, "cls", start, "post_processor.");
      expect(post, "sep", end, "post_processor.");
    } else if (type == "TemplateProcessing") {
      check_template(post, start, end);
    } else {
      refuse("post_processor", post, "BertProcessing, or TemplateProcessing [CLS] $A [SEP]");
    }
  }

  // What BertTokenizerFast writes: {"single": [{"SpecialToken": {"id": "[CLS]", …}}, {"Sequence":
  // {"id": "A", …}}, …], "special_tokens": {"[CLS]": {"ids": [101], …}, …}}.
  void check_template(const json& post, const json& start, const json& end) const {
    const auto& single = post.at("single");
    const auto piece_is = [&](size_t i, const char* kind, const json& id) {
      return single[i].is_object() && single[i].contains(kind) && single[i][kind].at("id") == id;
    };
    if (!single.is_array() || single.size() != 3 || !piece_is(0, "SpecialToken", start[0]) ||
        !piece_is(1, "Sequence", "A") || !piece_is(2, "SpecialToken", end[0])) {
      refuse("post_processor.single", single, "[CLS] $A [SEP]");
    }
    for (const auto& token : {start, end}) {
      const auto& ids = post.at("special_tokens").at(token[0].get<std::string>()).at("ids");
      if (ids != json::array({token[1]})) {
        refuse("post_processor.special_tokens", ids, "the ids of the vocabulary");
      }
    }
  }

  void check_padding_and_truncation(const WordPieceTokenizer& tokenizer) const {
    if (const auto node = root_.value("truncation", json()); !node.is_null()) {
      expect(node, "direction", "Right", "truncation.");
    }
    if (const auto node = root_.value("padding", json()); !node.is_null()) {
      expect(node, "direction", "Right", "padding.");
      expect(node, "pad_id", tokenizer.padding_id(), "padding.");
    }
  }

  const std::string& origin_;
  json root_;
};

}  // namespace

std::unique_ptr<WordPieceTokenizer> wordpiece_from_json(std::string_view text,
                                                        const std::string& origin) {
  try {
    return Reader(text, origin).read();
  } catch (const json::exception& error) {
    fail(ErrorCode::kBadData, "{}: not a WordPiece tokenizer.json: {}", origin, error.what());
  } catch (const Error& error) {
    if (std::string_view(error.what()).starts_with(origin)) throw;
    throw Error(error.code(), origin + ": " + error.what());
  }
}

}  // namespace clipstill::text
