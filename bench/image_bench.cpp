// Speed of the image path, per image on one core. bench/python/image_bench.py measures the same
// with Pillow and torchvision's arithmetic.
#include <benchmark/benchmark.h>

#include "core/bytes.h"
#include "core/files.h"
#include "image/augment.h"
#include "image/codec.h"
#include "image/preprocess.h"

namespace {

using namespace clipstill;
using image::Image;

// Low-frequency colours: compresses and decodes like a photograph, not like noise.
Image picture(int width, int height, int channels) {
  Image out(width, height, channels);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < channels; ++c) {
        out.row(y)[x * channels + c] =
            static_cast<uint8_t>((x * (c + 1) * 3 + y * (4 - c)) / 7 + (x * y) % 13);
      }
    }
  }
  return out;
}

void augment_64(benchmark::State& state) {
  const auto source = picture(static_cast<int>(state.range(0)), static_cast<int>(state.range(0)),
                              static_cast<int>(state.range(1)));
  image::Preprocess evaluation;
  evaluation.size = 64;
  uint64_t sample = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        image::augment(source, {}, evaluation, /*seed=*/1, sample++, /*view=*/0));
  }
}
BENCHMARK(augment_64)
    ->ArgNames({"source", "channels"})
    ->Args({64, 4})
    ->Args({64, 3})
    ->Args({256, 4});

void decode_png_64(benchmark::State& state) {
  const auto bytes = image::encode_png(picture(64, 64, 4));
  const auto data = bytes_of(bytes);
  for (auto _ : state) benchmark::DoNotOptimize(image::decode(data, "bench"));
}
BENCHMARK(decode_png_64);

void resize_224(benchmark::State& state) {
  const auto source = picture(640, 480, 3);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        image::fit(source, 224, image::ResizeMode::kShortestEdge, image::Filter::kBicubic));
  }
}
BENCHMARK(resize_224);

// The file named by CLIPSTILL_BENCH_JPEG to a normalised [3, 224, 224] tensor.
void jpeg_to_tensor(benchmark::State& state) {
  const char* path = std::getenv("CLIPSTILL_BENCH_JPEG");
  if (path == nullptr) {
    state.SkipWithError("set CLIPSTILL_BENCH_JPEG to a JPEG file");
    return;
  }
  const MappedFile file(path);
  const image::Preprocess options;
  std::vector<float> tensor(3 * 224 * 224);
  for (auto _ : state) {
    image::preprocess(image::decode(file.bytes(), path), options, tensor);
    benchmark::DoNotOptimize(tensor.data());
  }
}
BENCHMARK(jpeg_to_tensor);

}  // namespace

BENCHMARK_MAIN();
