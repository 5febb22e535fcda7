// Tokenizer files, BERT, CLIP and SigLIP: what is taken encodes anything, and is written so that it
// reads the same.
#include "text/tokenizer.h"

#include "../tests/unit/core/scratch_folder.h"
#include "core/files.h"
#include "parts.h"
#include "target.h"

using namespace clipstill;
using namespace clipstill::text;

namespace {

void encode(const Tokenizer& tokenizer, std::string_view text) {
  constexpr int kContext = 16;
  std::vector<Token> tokens;
  tokenizer.encode(text, kContext, tokens);
  fuzz::require(tokens.size() <= kContext);
  for (const auto& token : tokens) {
    fuzz::require(token.id >= 0 && token.id < tokenizer.vocabulary_size());
    fuzz::require(token.begin <= token.end && token.end <= text.size());
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const ScratchFolder scratch;
  const auto input = fuzz::as_text({data, size});
  fuzz::write_parts(input, scratch.path(),
                    {"tokenizer.json", "tokenizer_config.json", "vocab.txt", "vocab.json",
                     "merges.txt", "spiece.model", "special_tokens_map.json"});
  fuzz::taken([&] {
    const auto tokenizer = load_tokenizer(scratch.path());
    encode(*tokenizer, "A photo of two dogs, 一只猫! \xff\xc0 e\u0301 [CLS] <|endoftext|> </s>");
    encode(*tokenizer, input.substr(0, 200));
    // What we wrote ourselves must be read: an error here is no refusal.
    const ScratchFolder written;
    const auto files = tokenizer->files();
    for (const auto& [name, content] : files) write_file(written / name, content);
    const auto again = load_tokenizer(written.path());
    fuzz::require(again->fingerprint() == tokenizer->fingerprint());
    fuzz::require(again->files() == files);
  });
  return 0;
}
