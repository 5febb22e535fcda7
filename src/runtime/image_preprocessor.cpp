#include <utility>

#include "clipstill/clipstill.hpp"
#include "core/error.h"
#include "core/files.h"
#include "image/codec.h"
#include "image/preprocess.h"

namespace clipstill {
namespace {

size_t tensor_size(const image::Preprocess& settings) {
  return size_t{3} * settings.size * settings.size;
}

}  // namespace

struct ImagePreprocessor::State {
  image::Preprocess settings;
};

ImagePreprocessor::ImagePreprocessor() : state_(std::make_unique<State>()) {}
ImagePreprocessor::ImagePreprocessor(std::unique_ptr<State> state) : state_(std::move(state)) {}
ImagePreprocessor::ImagePreprocessor(ImagePreprocessor&&) noexcept = default;
ImagePreprocessor& ImagePreprocessor::operator=(ImagePreprocessor&&) noexcept = default;
ImagePreprocessor::~ImagePreprocessor() = default;

ImagePreprocessor ImagePreprocessor::load(const std::filesystem::path& path) {
  const fs::path file = fs::is_directory(path) ? path / "preprocessor_config.json" : path;
  return ImagePreprocessor(
      std::make_unique<State>(State{image::Preprocess::from_json(read_file(file), file.string())}));
}

int ImagePreprocessor::size() const noexcept {
  return state_->settings.size;
}

void ImagePreprocessor::preprocess(std::span<const uint8_t> encoded, std::string_view name,
                                   std::span<float> tensor) const {
  const size_t expected = tensor_size(state_->settings);
  if (tensor.size() != expected) {
    fail(ErrorCode::kUsage, "{}: a tensor of {} floats was given; expected 3 x {} x {} = {}", name,
         tensor.size(), size(), size(), expected);
  }
  image::preprocess(image::decode(encoded, name), state_->settings, tensor);
}

std::vector<float> ImagePreprocessor::preprocess(const std::filesystem::path& image) const {
  std::vector<float> tensor(tensor_size(state_->settings));
  const MappedFile file(image);
  preprocess(file.bytes(), image.string(), tensor);
  return tensor;
}

}  // namespace clipstill
