#include <algorithm>
#include <array>

#include "data/audit.h"
#include "text/unicode.h"

namespace clipstill::data {
namespace {

struct Block {
  char32_t first, last;
  size_t script;  // index into kScripts
};

constexpr std::array<const char*, 6> kScripts{"Latin",  "Han",      "Kana",
                                              "Hangul", "Cyrillic", "Arabic"};

// The blocks that hold nearly all running text of these scripts.
constexpr Block kBlocks[] = {{'A', 'Z', 0},       {'a', 'z', 0},       {0xc0, 0x24f, 0},
                             {0x1e00, 0x1eff, 0}, {0x3040, 0x30ff, 2}, {0x31f0, 0x31ff, 2},
                             {0x1100, 0x11ff, 3}, {0x3130, 0x318f, 3}, {0xac00, 0xd7a3, 3},
                             {0x400, 0x52f, 4},   {0x600, 0x6ff, 5},   {0x750, 0x77f, 5}};

}  // namespace

std::string guess_script(std::string_view text) {
  std::array<size_t, kScripts.size()> letters{};
  for (size_t position = 0; position < text.size();) {
    const char32_t c = text::next_code_point(text, position);
    if (text::is_cjk_ideograph(c)) {
      ++letters[1];
      continue;
    }
    const auto block = std::find_if(std::begin(kBlocks), std::end(kBlocks),
                                    [&](const Block& b) { return c >= b.first && c <= b.last; });
    if (block != std::end(kBlocks)) ++letters[block->script];
  }
  const auto most = std::max_element(letters.begin(), letters.end());
  return *most == 0 ? "other" : kScripts[static_cast<size_t>(most - letters.begin())];
}

}  // namespace clipstill::data
