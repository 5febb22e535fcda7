// What the runtime adds to ONNX Runtime: the same graph by a bare Run on prepared tensors, and by
// the encoders from tensors, from texts and from encoded images. One thread.
//
//   edge_bench BUNDLE [--benchmark_... options]
#include <benchmark/benchmark.h>

#include <cstdio>

#include "core/bytes.h"
#include "edge/sample_png.h"
#include "runtime/image_encoder.h"
#include "runtime/onnxruntime_api.h"
#include "runtime/text_encoder.h"

namespace {

using namespace clipstill;
using namespace clipstill::runtime;

constexpr std::string_view kText = "a photo of a dog on a beach";

// Inputs and output stay where they are between runs, as in the tightest loop of an application.
class BareGraph {
 public:
  BareGraph(const BundleFolder& folder, const std::string& file, std::vector<const char*> inputs,
            const char* output)
      : inputs_(std::move(inputs)), output_(output) {
    const auto model = folder.open(file);
    Ort::SessionOptions options;
    options.SetIntraOpNumThreads(1);
    session_ = Ort::Session(*environment_, model.bytes().data(), model.bytes().size(), options);
  }

  template <class T>
  void add(std::vector<T>& data, const std::vector<int64_t>& shape) {
    const auto memory = Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeCPU);
    values_.push_back(
        Ort::Value::CreateTensor<T>(memory, data.data(), data.size(), shape.data(), shape.size()));
  }

  // The last value that was added is the output.
  void run() {
    session_.Run(Ort::RunOptions{nullptr}, inputs_.data(), values_.data(), inputs_.size(), &output_,
                 &values_.back(), 1);
  }

 private:
  std::shared_ptr<Ort::Env> environment_ = onnxruntime_environment();
  std::vector<const char*> inputs_;
  const char* output_;
  Ort::Session session_{nullptr};
  std::vector<Ort::Value> values_;
};

struct TextBatch {
  std::vector<std::string_view> texts;
  text::TokenBatch tokens;
  std::vector<int64_t> mask;
  std::vector<float> out;

  TextBatch(const TextEncoder& encoder, int64_t rows)
      : texts(static_cast<size_t>(rows), kText),
        tokens(encoder.tokenizer().encode_batch(texts,
                                                static_cast<int>(encoder.config().context_length))),
        mask(tokens.mask.begin(), tokens.mask.end()),
        out(static_cast<size_t>(rows * encoder.width())) {}
};

void texts_bare(benchmark::State& state, const BundleFolder& folder, const TextEncoder& encoder) {
  TextBatch batch(encoder, state.range(0));
  BareGraph graph(folder, folder.config().text_encoder, {"input_ids", "attention_mask"},
                  "text_embeds");
  graph.add(batch.tokens.ids, {batch.tokens.rows, batch.tokens.length});
  graph.add(batch.mask, {batch.tokens.rows, batch.tokens.length});
  graph.add(batch.out, {batch.tokens.rows, encoder.width()});
  for (auto _ : state) graph.run();
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void texts_encoder(benchmark::State& state, const TextEncoder& encoder) {
  TextBatch batch(encoder, state.range(0));
  for (auto _ : state) encoder.embed(batch.texts, batch.out);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void images_bare(benchmark::State& state, const BundleFolder& folder, const ImageEncoder& encoder) {
  const auto rows = state.range(0), size = folder.config().image_size;
  std::vector<float> tensors(static_cast<size_t>(rows) * encoder.tensor_size(), 0.5f);
  std::vector<float> out(static_cast<size_t>(rows * encoder.width()));
  BareGraph graph(folder, folder.config().image_encoder, {"pixel_values"}, "image_embeds");
  graph.add(tensors, {rows, 3, size, size});
  graph.add(out, {rows, encoder.width()});
  for (auto _ : state) graph.run();
  state.SetItemsProcessed(state.iterations() * rows);
}

void images_tensors(benchmark::State& state, const ImageEncoder& encoder) {
  const auto rows = static_cast<size_t>(state.range(0));
  const std::vector<float> tensors(rows * encoder.tensor_size(), 0.5f);
  std::vector<float> out(rows * static_cast<size_t>(encoder.width()));
  for (auto _ : state) encoder.embed_tensors(tensors, rows, out);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void images_encoded(benchmark::State& state, const ImageEncoder& encoder) {
  const auto png = sample_png();
  const std::vector<ImageEncoder::Encoded> images(static_cast<size_t>(state.range(0)),
                                                  {bytes_of(png), "picture"});
  std::vector<float> out(images.size() * static_cast<size_t>(encoder.width()));
  for (auto _ : state) encoder.embed_encoded(images, out);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

}  // namespace

int main(int argc, char** argv) try {
  benchmark::Initialize(&argc, argv);
  if (argc != 2) {
    std::fprintf(stderr, "usage: edge_bench BUNDLE\n");
    return 2;
  }
  const BundleFolder folder(argv[1]);
  const RuntimeOptions options{.threads = 1};
  const TextEncoder texts(folder, options);
  const ImageEncoder images(folder, options);
  const auto add = [](const char* name, auto&& run) {
    benchmark::RegisterBenchmark(name, run)->Arg(1)->Arg(32)->Unit(benchmark::kMicrosecond);
  };
  add("texts/bare", [&](benchmark::State& state) { texts_bare(state, folder, texts); });
  add("texts/encoder", [&](benchmark::State& state) { texts_encoder(state, texts); });
  add("images/bare", [&](benchmark::State& state) { images_bare(state, folder, images); });
  add("images/tensors", [&](benchmark::State& state) { images_tensors(state, images); });
  add("images/encoded", [&](benchmark::State& state) { images_encoded(state, images); });
  benchmark::RunSpecifiedBenchmarks();
} catch (const std::exception& error) {
  std::fprintf(stderr, "edge_bench: %s\n", error.what());
  return 1;
}
