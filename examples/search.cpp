// The images of a folder in the order in which they fit a text: the C++ interface.
//
//   c++ -std=c++20 search.cpp $(pkg-config --cflags --libs clipstill) -o search
//   ./search BUNDLE FOLDER TEXT
//
// With the bundle and the images of tests/data/bundle, and the text 蓝色方块 (blue square), the
// first line ends in blue-square.png.
#include <clipstill/clipstill.hpp>

#include <algorithm>
#include <cstdio>
#include <numeric>

int main(int argc, char** argv) try {
  if (argc != 4) {
    std::fprintf(stderr, "usage: search BUNDLE FOLDER TEXT\n");
    return static_cast<int>(clipstill::ErrorCode::kUsage);
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(argv[2])) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  const auto images = clipstill::ImageEncoder::load(argv[1], {.batch = 16}).embed(files);
  const std::string_view text[] = {argv[3]};
  const auto query = clipstill::TextEncoder::load(argv[1], {.threads = 1}).embed(text);

  // Embeddings have length 1, so that their product is the cosine of the angle between them.
  std::vector<float> scores(files.size());
  for (size_t i = 0; i < files.size(); ++i) {
    const auto image = images.row(i);
    scores[i] = std::inner_product(image.begin(), image.end(), query.values.begin(), 0.0f);
  }
  std::vector<size_t> order(files.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, std::greater(), [&](size_t i) { return scores[i]; });
  for (const size_t i : order) std::printf("%6.3f  %s\n", scores[i], files[i].c_str());
} catch (const clipstill::Error& error) {
  std::fprintf(stderr, "search: %s\n", error.what());
  return static_cast<int>(error.code());
}
