// Prints the tokenizer.json that we write for a tokenizer, for tests/reference/text_goldens.py.
#include <iostream>

#include "core/error.h"
#include "text/tokenizer.h"

int main(int count, char** arguments) try {
  if (count != 2) return 2;
  std::cout << clipstill::text::load_tokenizer(arguments[1])->files().front().second;
} catch (const clipstill::Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
