// A `tokenizer.json` that is being read, in the layout of the Hugging Face `tokenizers` library.
// Whatever it says about the ids that we would not do exactly is refused by name. Ignored: the
// decoder (ids to text), and the lengths of truncation and padding, which each call of encode()
// and encode_batch() gives.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/shallow_json.h"
#include "text/tokenizer.h"

namespace clipstill::text {

/// A value as an error message shows it: short, whatever the file holds.
std::string brief(const nlohmann::json& node);

/// Tokens by id out of an object of token: id. `what` names it in errors.
std::vector<std::string> read_vocabulary(const nlohmann::json& vocab, std::string_view what);

/// `key` of `parent` must be one of `wanted`; a missing one is null. `path` is in front of the key
/// in errors.
void expect(const nlohmann::json& parent, const char* key,
            std::initializer_list<nlohmann::json> wanted, std::string_view path);

/// Throws kBadData: "`what` is `found`; clipstill reads only `expected`".
[[noreturn]] void refuse(std::string_view what, const nlohmann::json& found,
                         std::string_view expected);

/// What `body` gives; the name of the file goes in front of its errors, which are kBadData where
/// the JSON has another type.
template <class Body>
auto naming(const std::filesystem::path& path, const Body& body) {
  try {
    return body();
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorCode::kBadData, "{}: {}", path.string(), error.what());
  } catch (const Error& error) {
    throw Error(error.code(), path.string() + ": " + error.what());
  }
}

/// `tokenizer_config.json`; an empty object if there is none.
nlohmann::json read_tokenizer_config(const std::filesystem::path& path);
/// The text of a token in it, which may be an object with flags.
std::string token_content(const nlohmann::json& token);

class TokenizerJson {
 public:
  explicit TokenizerJson(std::string_view text);

  const nlohmann::json& root() const { return root_; }
  /// The object of that name, which must have that type.
  const nlohmann::json& section(const char* name, const char* type) const;

  /// Checks that an added token is plain (no flag that changes what it matches) and has the id
  /// that its content has in `vocabulary`; returns the id.
  static int32_t added_token_id(const nlohmann::json& token,
                                const std::vector<std::string>& vocabulary);
  /// Checks that truncation and padding, where given, are on the right, and the padding's id.
  void check_lengths(int32_t padding_id) const;
  /// Checks a post-processor of type `processing` with "cls" and "sep", or a TemplateProcessing:
  /// the start token (the tokenizer must have one), the text, the end token.
  void check_post_processor(const char* processing, const Tokenizer& tokenizer) const;

 private:
  nlohmann::json root_;
};

}  // namespace clipstill::text
