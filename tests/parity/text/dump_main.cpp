// Tokenises for tests/reference/text_sweep.py: text_dump TOKENIZER CONTEXT. Reads texts from
// stdin, each a 32-bit size and its bytes; writes per text a 32-bit token count and id, begin and
// end of each token (32 bits each, native order).
#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include "core/error.h"
#include "text/tokenizer.h"

int main(int count, char** arguments) try {
  using namespace clipstill::text;
  if (count != 3) return 2;
  const auto tokenizer = load_tokenizer(arguments[1]);
  const int context = std::stoi(arguments[2]);
  std::vector<Token> tokens;
  std::string text;
  for (uint32_t size = 0; std::cin.read(reinterpret_cast<char*>(&size), sizeof size);) {
    text.resize(size);
    std::cin.read(text.data(), size);
    tokenizer->encode(text, context, tokens);
    std::vector<uint32_t> reply{static_cast<uint32_t>(tokens.size())};
    for (const auto& token : tokens) {
      reply.insert(reply.end(), {static_cast<uint32_t>(token.id), token.begin, token.end});
    }
    std::cout.write(reinterpret_cast<const char*>(reply.data()),
                    static_cast<std::streamsize>(reply.size() * sizeof(uint32_t)));
  }
} catch (const clipstill::Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
