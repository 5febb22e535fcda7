// tokenize: what a tokenizer makes of texts.
#include <fmt/format.h>

#include <iostream>

#include "cli/context.h"
#include "edge/commands.h"
#include "text/tokenizer.h"

namespace clipstill::cli {
namespace {

class Tokenize final : public Command {
 public:
  Tokenize() : Command("tokenize", "Show the tokens of texts") {
    positional("tokenizer", tokenizer_,
               "tokenizer.json, vocab.txt (BERT), vocab.json (CLIP) or spiece.model (SigLIP), or a "
               "folder with one");
    positional("texts", texts_, "texts; without any, the lines of standard input", Need::kOptional);
    options().add("context", context_, "most tokens of one text").range(1, 1 << 20);
    offer_json();
  }

  void run(Context& context) override {
    const auto tokenizer = text::load_tokenizer(tokenizer_);
    Json results = Json::array();
    const auto show = [&](const std::string& line) {
      std::vector<text::Token> tokens;
      bool truncated = false;
      tokenizer->encode(line, static_cast<int>(context_), tokens, &truncated);
      if (context.json()) {
        results.push_back(as_json(*tokenizer, line, tokens, truncated));
      } else {
        context.print(as_text(*tokenizer, line, tokens, truncated));
      }
    };
    for (const auto& line : texts_) show(line);
    if (texts_.empty()) {
      for (std::string line; std::getline(std::cin, line);) show(line);
    }
    if (context.json()) context.print_result(results, "");
  }

 private:
  static Json as_json(const text::Tokenizer& tokenizer, const std::string& line,
                      const std::vector<text::Token>& tokens, bool truncated) {
    Json list = Json::array();
    for (const auto& token : tokens) {
      list.push_back({{"id", token.id},
                      {"piece", tokenizer.token(token.id)},
                      {"begin", token.begin},
                      {"end", token.end}});
    }
    return {{"text", line}, {"tokens", list}, {"truncated", truncated}};
  }

  // One line per token: id, byte range, piece; an empty line after each text.
  static std::string as_text(const text::Tokenizer& tokenizer, const std::string& line,
                             const std::vector<text::Token>& tokens, bool truncated) {
    std::string shown = fmt::format("# {}\n", line);
    for (const auto& token : tokens) {
      shown += fmt::format("{:>7}  {:>5}-{:<5}  {}\n", token.id, token.begin, token.end,
                           tokenizer.token(token.id));
    }
    return shown + (truncated ? "(truncated)\n\n" : "\n");
  }

  std::string tokenizer_;
  StringList texts_;
  int64_t context_ = 512;
};

}  // namespace

void register_tokenize(CommandGroup& root) {
  root.add<Tokenize>();
}

}  // namespace clipstill::cli
