// `vocab.json`, `merges.txt` and `tokenizer_config.json`, as the folders of CLIP models hold them.
#include <algorithm>
#include <set>

#include "core/error.h"
#include "core/files.h"
#include "text/tokenizer_files.h"
#include "text/tokenizer_json.h"

namespace clipstill::text {
namespace {

using nlohmann::json;

// The added tokens by what names them. As in transformers, `added_tokens_decoder` goes first; then
// a special token's own flags count, a plain name being an object without flags.
class AddedTokens {
 public:
  explicit AddedTokens(const std::vector<std::string>& vocabulary) : vocabulary_(vocabulary) {}

  void add_decoder(const json& decoder) {
    for (const auto& [id, token] : decoder.items()) {
      const auto added = read(token, "added_tokens_decoder " + id);
      if (std::to_string(added.id) != id) {
        fail(ErrorCode::kBadData, "added_tokens_decoder {} is \"{}\", whose id is {}", id,
             token_content(token), added.id);
      }
      tokens_.push_back(added);
      fixed_.insert(added.id);
    }
  }

  void add_special(const char* key, const json& token) {
    const auto added = read(token, key);
    if (fixed_.contains(added.id)) return;
    if (!seen_.insert({added.id, token.is_object()}).second) return;
    const auto known = std::ranges::find(tokens_, added.id, &ClipAddedToken::id);
    if (known == tokens_.end()) {
      tokens_.push_back(added);
    } else {
      *known = added;
    }
  }

  // In the order of their ids, as `tokenizers` writes them.
  std::vector<ClipAddedToken> take() {
    std::ranges::sort(tokens_, {}, &ClipAddedToken::id);
    return std::move(tokens_);
  }

 private:
  ClipAddedToken read(const json& token, const std::string& what) const {
    const auto content = token_content(token);
    const auto entry = std::ranges::find(vocabulary_, content);
    if (entry == vocabulary_.end()) {
      fail(ErrorCode::kBadData,
           "{} is \"{}\", which is not in vocab.json; is it the vocabulary of a CLIP model?", what,
           content);
    }
    ClipAddedToken added{static_cast<int32_t>(entry - vocabulary_.begin()), false};
    if (!token.is_object()) return added;
    for (const char* flag : {"single_word", "lstrip", "rstrip"}) {
      expect(token, flag, {false, nullptr}, what + " ");
    }
    added.normalized = token.value("normalized", false);
    return added;
  }

  const std::vector<std::string>& vocabulary_;
  std::vector<ClipAddedToken> tokens_;
  std::set<int32_t> fixed_;
  std::set<std::pair<int32_t, bool>> seen_;  // id, and whether with flags
};

void apply_config(const json& config, ClipBpeParts& parts) {
  expect(config, "tokenizer_class", {"CLIPTokenizer", "CLIPTokenizerFast", nullptr}, "");
  expect(config, "do_lower_case", {true, nullptr}, "");
  expect(config, "add_prefix_space", {false, nullptr}, "");
  AddedTokens added(parts.vocabulary);
  added.add_decoder(config.value("added_tokens_decoder", json::object()));
  for (const auto& [key, part] : {std::pair{"bos_token", &parts.start},
                                  {"eos_token", &parts.end},
                                  {"unk_token", &parts.unknown},
                                  {"pad_token", &parts.padding}}) {
    const json token = config.value(key, json(*part));
    *part = token_content(token);
    added.add_special(key, token);
  }
  parts.added = added.take();
}

std::vector<std::string> read_merges(const std::filesystem::path& path) {
  if (!fs::exists(path)) {
    fail(ErrorCode::kMissingFile,
         "{}: not there; vocab.json alone does not say how words are split, so put the merges of "
         "the same model beside it",
         path.string());
  }
  auto lines = read_lines(path, kMaxTokenizerBytes);
  std::erase_if(lines, [](const std::string& line) { return line.starts_with("#version"); });
  return lines;
}

}  // namespace

std::unique_ptr<ClipBpeTokenizer> clip_bpe_from_files(const std::filesystem::path& folder) {
  const auto vocabulary = folder / "vocab.json", merges = folder / "merges.txt",
             config = folder / kTokenizerConfig;
  const std::string content = read_file(vocabulary, kMaxTokenizerBytes);
  ClipBpeParts parts;
  parts.merges = read_merges(merges);
  parts.vocabulary = naming(vocabulary, [&] {
    return read_vocabulary(parse_shallow_json(content, "the file"), "the file");
  });
  const auto settings = read_tokenizer_config(config);
  naming(fs::exists(config) ? config : vocabulary, [&] { apply_config(settings, parts); });
  return naming(merges, [&] { return std::make_unique<ClipBpeTokenizer>(std::move(parts)); });
}

}  // namespace clipstill::text
