// Calls every function of the installed interface and checks answers known by hand.
#include <clipstill/clipstill.hpp>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

namespace {

void check(bool condition, const char* what) {
  if (!condition) {
    std::fprintf(stderr, "use_clipstill: failed: %s\n", what);
    std::exit(1);
  }
}

template <class Function>
void check_throws(clipstill::ErrorCode expected, const char* what, Function&& function) {
  try {
    function();
  } catch (const clipstill::Error& error) {
    check(error.code() == expected, what);
    return;
  }
  check(false, what);
}

void check_tokenizer(const std::filesystem::path& folder) {
  std::ofstream(folder / "vocab.txt") << "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\ncat\n##s\n猫\n";
  clipstill::Tokenizer tokenizer = clipstill::Tokenizer::load(folder);
  const std::string_view texts[] = {"A cats", "猫"};
  const clipstill::TokenIds batch = tokenizer.encode(texts, 8);
  check(batch.rows == 2 && batch.length == 5, "shape of a padded batch");
  check(batch.ids == std::vector<int64_t>{2, 4, 5, 6, 3, 2, 7, 3, 0, 0}, "token ids");
  check(batch.attention_mask == std::vector<int64_t>{1, 1, 1, 1, 1, 1, 1, 1, 0, 0}, "mask");
  check(tokenizer.vocabulary_size() == 8 && tokenizer.token(6) == "##s", "vocabulary");
  check_throws(clipstill::ErrorCode::kBadData, "id outside the vocabulary",
               [&] { tokenizer.token(int64_t{1} << 32); });
  check_throws(clipstill::ErrorCode::kMissingFile, "missing tokenizer",
               [&] { clipstill::Tokenizer::load(folder / "nowhere"); });
  const clipstill::Tokenizer moved = std::move(tokenizer);
  check(moved.vocabulary_size() == 8, "moved tokenizer");
}

void check_images(const std::filesystem::path& folder) {
  // A grey PNG of one pixel with the value 0xcc, and so a tensor of one colour: 0.8, normalised.
  const unsigned char png[] = {
      0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48,
      0x44, 0x52, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00,
      0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00, 0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78,
      0x9c, 0x63, 0x38, 0x03, 0x00, 0x00, 0xce, 0x00, 0xcd, 0xd4, 0x66, 0x90, 0xb0, 0x00,
      0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};
  std::ofstream(folder / "grey.png", std::ios::binary)
      .write(reinterpret_cast<const char*>(png), sizeof png);
  const clipstill::ImagePreprocessor preprocessor;
  check(preprocessor.size() == 224, "default size");
  const std::vector<float> tensor = preprocessor.preprocess(folder / "grey.png");
  check(tensor.size() == size_t{3} * 224 * 224, "tensor size");
  const float red = (0.8f - 0.48145466f) / 0.26862954f, blue = (0.8f - 0.40821073f) / 0.27577711f;
  check(std::abs(tensor.front() - red) < 1e-5f, "first channel is red, normalised");
  check(std::abs(tensor.back() - blue) < 1e-5f, "last channel is blue, normalised");

  std::ofstream(folder / "preprocessor_config.json")
      << R"({"size": {"shortest_edge": 32}, "crop_size": 32, "resample": 3,
             "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]})";
  const auto small = clipstill::ImagePreprocessor::load(folder);
  check(small.size() == 32, "size from preprocessor_config.json");
  check(std::abs(small.preprocess(folder / "grey.png").front() - 0.6f) < 1e-5f, "mean and std");
  std::vector<float> wrong(7);
  check_throws(clipstill::ErrorCode::kUsage, "tensor of another size",
               [&] { small.preprocess(png, "grey.png", wrong); });
  check_throws(clipstill::ErrorCode::kBadData, "truncated image", [&] {
    std::vector<float> right(size_t{3} * 32 * 32);
    small.preprocess(std::span(png).first(40), "cut.png", right);
  });
}

}  // namespace

// The argument is a folder to work in.
int main(int argc, char** argv) {
  check(argc == 2, "one argument: a folder to work in");
  check(clipstill::version() == CLIPSTILL_EXPECTED_VERSION, "version");
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder);
  check_tokenizer(folder);
  check_images(folder);
}
