// Speed of the tokenizers, one thread. bench/python/text_bench.py measures Hugging Face's on the
// same texts.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "text/tokenizer.h"
#include "text/vocabulary.h"

namespace {

using namespace clipstill;

// 8,000 short captions, English and Chinese by turns, out of small word lists.
std::vector<std::string> captions() {
  const std::vector<std::string> english = {"a",     "photo",   "of",   "small", "red",   "dog",
                                            "happy", "kitchen", "the",  "river", "blue",  "birds",
                                            "two",   "playing", "café", "old",   "house", "moon"};
  const std::vector<std::string> chinese = {"一只", "小狗", "红色", "的", "河边", "猫",
                                            "两个", "月亮", "春天", "花", "在",   "厨房"};
  std::vector<std::string> out;
  for (size_t i = 0; i < 8000; ++i) {
    const auto& words = i % 2 == 0 ? english : chinese;
    std::string text;
    for (size_t j = 0; j < 10; ++j) {
      text += words[(i * 7 + j * j * 5 + i / words.size() * j) % words.size()];
      if (i % 2 == 0) text += j == 9 ? "." : " ";
    }
    out.push_back(text);
  }
  return out;
}

void build_vocabulary(benchmark::State& state) {
  const auto texts = captions();
  const std::vector<std::string_view> corpus(texts.begin(), texts.end());
  for (auto _ : state) benchmark::DoNotOptimize(text::build_wordpiece(corpus, state.range(0)));
}
BENCHMARK(build_vocabulary)->Arg(1000)->Unit(benchmark::kMillisecond);

void tokenize(benchmark::State& state, const text::Tokenizer& tokenizer) {
  const auto texts = captions();
  std::vector<text::Token> tokens;
  int64_t bytes = 0;
  for (auto _ : state) {
    for (const auto& caption : texts) {
      tokenizer.encode(caption, /*context=*/77, tokens);
      benchmark::DoNotOptimize(tokens.data());
      bytes += static_cast<int64_t>(caption.size());
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(texts.size()));
  state.SetBytesProcessed(bytes);
}

void tokenize_captions(benchmark::State& state) {
  const auto texts = captions();
  const std::vector<std::string_view> corpus(texts.begin(), texts.end());
  tokenize(state, *text::build_wordpiece(corpus, /*size=*/1000));
}
BENCHMARK(tokenize_captions)->Unit(benchmark::kMillisecond);

// With the tokenizer that CLIPSTILL_BENCH_TOKENIZER names, such as OpenAI's, which
// bench/python/text_bench.py writes.
void tokenize_captions_clip(benchmark::State& state) {
  const char* path = std::getenv("CLIPSTILL_BENCH_TOKENIZER");
  if (path == nullptr) {
    state.SkipWithError("CLIPSTILL_BENCH_TOKENIZER names no tokenizer");
    return;
  }
  tokenize(state, *text::load_tokenizer(path));
}
BENCHMARK(tokenize_captions_clip)->Unit(benchmark::kMillisecond);

void load_clip(benchmark::State& state) {
  const char* path = std::getenv("CLIPSTILL_BENCH_TOKENIZER");
  if (path == nullptr) {
    state.SkipWithError("CLIPSTILL_BENCH_TOKENIZER names no tokenizer");
    return;
  }
  for (auto _ : state) benchmark::DoNotOptimize(text::load_tokenizer(path));
}
BENCHMARK(load_clip)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
