#include "text/tokenizer_json.h"

#include <algorithm>

#include "core/error.h"
#include "core/files.h"
#include "text/tokenizer_files.h"

namespace clipstill::text {
namespace {

using nlohmann::json;

// {"single": [{"SpecialToken": {"id": "[CLS]", …}}, {"Sequence": {"id": "A", …}}, …],
// "special_tokens": {"[CLS]": {"ids": [101], …}, …}}
void check_template(const json& post, const json& start, const json& end) {
  const auto& single = post.at("single");
  const auto piece_is = [&](size_t i, const char* kind, const json& id) {
    return single[i].is_object() && single[i].contains(kind) && single[i][kind].at("id") == id;
  };
  if (!single.is_array() || single.size() != 3 || !piece_is(0, "SpecialToken", start[0]) ||
      !piece_is(1, "Sequence", "A") || !piece_is(2, "SpecialToken", end[0])) {
    refuse("post_processor.single", single,
           fmt::format("{} $A {}", start[0].get<std::string>(), end[0].get<std::string>()));
  }
  for (const auto& token : {start, end}) {
    const auto& ids = post.at("special_tokens").at(token[0].get<std::string>()).at("ids");
    if (ids != json::array({token[1]})) {
      refuse("post_processor.special_tokens", ids, "the ids of the vocabulary");
    }
  }
}

}  // namespace

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

std::vector<std::string> read_vocabulary(const json& vocab, std::string_view what) {
  if (!vocab.is_object()) refuse(what, vocab, "an object of token: id");
  std::vector<std::string> tokens(vocab.size());
  for (const auto& [token, id] : vocab.items()) {
    if (!id.is_number_unsigned() || id.get<uint64_t>() >= tokens.size() ||
        !tokens[id.get<uint64_t>()].empty()) {
      fail(ErrorCode::kBadData, "{}: \"{}\" has id {}; expected ids 0 to {}, each once", what,
           token, brief(id), tokens.size() - 1);
    }
    tokens[id.get<uint64_t>()] = token;
  }
  return tokens;
}

void refuse(std::string_view what, const json& found, std::string_view expected) {
  fail(ErrorCode::kBadData, "{} is {}; clipstill reads only {}", what, brief(found), expected);
}

void expect(const json& parent, const char* key, std::initializer_list<json> wanted,
            std::string_view path) {
  const json found = parent.value(key, json());
  if (std::ranges::find(wanted, found) == wanted.end()) {
    refuse(fmt::format("{}{}", path, key), found, brief(*wanted.begin()));
  }
}

json read_tokenizer_config(const std::filesystem::path& path) {
  if (!fs::exists(path)) return json::object();
  return naming(path, [&] {
    auto config = parse_shallow_json(read_file(path, kMaxTokenizerBytes), "the file");
    if (!config.is_object()) refuse("the file", config, "an object");
    return config;
  });
}

std::string token_content(const json& token) {
  return (token.is_object() ? token.at("content") : token).get<std::string>();
}

TokenizerJson::TokenizerJson(std::string_view text) : root_(parse_shallow_json(text, "the file")) {
  if (!root_.is_object()) refuse("the file", root_, "an object");
}

const json& TokenizerJson::section(const char* name, const char* type) const {
  const auto& node = root_.at(name);
  if (!node.is_object() || node.value("type", json()) != type) refuse(name, node, type);
  return node;
}

int32_t TokenizerJson::added_token_id(const json& token,
                                      const std::vector<std::string>& vocabulary) {
  const auto content = token.at("content").get<std::string>();
  const std::string path = "added_tokens: " + content + ".";
  for (const char* flag : {"single_word", "lstrip", "rstrip"}) expect(token, flag, {false}, path);
  const auto entry = std::ranges::find(vocabulary, content);
  if (entry == vocabulary.end()) refuse("an added token", content, "those in model.vocab");
  const auto id = static_cast<int32_t>(entry - vocabulary.begin());
  expect(token, "id", {id}, path);
  return id;
}

void TokenizerJson::check_lengths(int32_t padding_id) const {
  if (const auto node = root_.value("truncation", json()); !node.is_null()) {
    expect(node, "direction", {"Right"}, "truncation.");
  }
  if (const auto node = root_.value("padding", json()); !node.is_null()) {
    expect(node, "direction", {"Right"}, "padding.");
    expect(node, "pad_id", {padding_id}, "padding.");
  }
}

void TokenizerJson::check_post_processor(const char* processing, const Tokenizer& tokenizer) const {
  const auto& post = root_.at("post_processor");
  const auto name_and_id = [&](int32_t id) {
    return json::array({std::string(tokenizer.token(id)), id});
  };
  const json start = name_and_id(*tokenizer.start_id()), end = name_and_id(tokenizer.end_id());
  const json type = post.is_object() ? post.value("type", json()) : json();
  if (type == processing) {
    expect(post, "cls", {start}, "post_processor.");
    expect(post, "sep", {end}, "post_processor.");
  } else if (type == "TemplateProcessing") {
    check_template(post, start, end);
  } else {
    refuse("post_processor", post, fmt::format("{}, or TemplateProcessing", processing));
  }
}

std::unique_ptr<Tokenizer> tokenizer_from_json(std::string_view text,
                                               const std::filesystem::path& path) {
  try {
    const TokenizerJson file(text);
    const auto& model = file.root().at("model");
    const json type = model.is_object() ? model.value("type", json()) : json();
    if (type == "WordPiece") return wordpiece_from_json(file);
    if (type == "Unigram") {
      fail(ErrorCode::kBadData,
           "model is \"Unigram\" (SigLIP); clipstill reads that from spiece.model of the same "
           "model, "
           "as AutoTokenizer does: put it beside this file");
    }
    if (type == "BPE" && model.value("byte_fallback", json()) == true) {
      fail(ErrorCode::kBadData,
           "model.byte_fallback is true (Gemma's tokenizer, which SigLIP 2 uses); clipstill reads "
           "of BPE only that of CLIP");
    }
    if (type == "BPE") {
      return clip_bpe_from_json(file, path.parent_path() / kTokenizerConfig);
    }
    refuse("model", model, "WordPiece (BERT) and BPE (CLIP)");
  } catch (const json::exception& error) {
    fail(ErrorCode::kBadData, "{}: not a tokenizer.json that clipstill reads: {}", path.string(),
         error.what());
  } catch (const Error& error) {
    throw Error(error.code(), path.string() + ": " + error.what());
  }
}

}  // namespace clipstill::text
