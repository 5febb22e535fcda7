// TOML configs and overrides: what is taken is written so that it reads the same.
#include <fstream>

#include "../tests/unit/core/scratch_folder.h"
#include "core/options.h"
#include "target.h"

using namespace clipstill;

namespace {

struct Everything {
  bool flag = false;
  int64_t count = 3;
  double rate = 0.1;
  std::string word = "a";
  StringList words;
  NumberList numbers;
  OptionSet options;

  Everything() {
    options.add("flag", flag, "a flag");
    options.add("train.count", count, "a count").range(0, 1e6);
    options.add("train.rate", rate, "a rate");
    options.add("train.deep.word", word, "a word");
    options.add("words", words, "words");
    options.add("numbers", numbers, "numbers").range(-10, 10);
  }
};

void require_same_when_read_again(const Everything& config) {
  const auto text = config.options.to_toml();
  Everything again;
  again.options.load_toml_text(text, "again.toml");
  fuzz::require(again.options.to_toml() == text);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const ScratchFolder scratch;
  const auto input = fuzz::as_text({data, size});
  fuzz::taken([&] {
    Everything config;
    config.options.load_toml_text(input, "fuzz.toml", {"variant"});
    require_same_when_read_again(config);
    const auto path = scratch / "x.toml";
    std::ofstream(path, std::ios::binary) << input;
    for (const auto& table : read_option_tables(path, "variant")) {
      for (const auto& value : table.values) {
        fuzz::taken([&] { config.options.assign(value.key, value.text, value.origin); });
      }
    }
  });
  Everything config;
  const auto first_line = input.substr(0, input.find('\n'));
  if (fuzz::taken([&] { config.options.assign_override(first_line); })) {
    require_same_when_read_again(config);
  }
  return 0;
}
