#include "runtime/image_encoder.h"

#include <algorithm>
#include <array>
#include <vector>

#include "core/error.h"
#include "core/parallel.h"
#include "runtime/selftest.h"

namespace clipstill::runtime {
namespace {

image::Preprocess load_preprocess(const BundleFolder& folder) {
  const auto file = folder.open("preprocessor_config.json");
  const auto settings = image::Preprocess::from_json(file.text(), file.path().string());
  if (settings.size != folder.config().image_size) {
    fail(ErrorCode::kBadData, "{}: images of {} pixels, the model takes {}", file.path().string(),
         settings.size, folder.config().image_size);
  }
  return settings;
}

Session load_image_session(const BundleFolder& folder, const RuntimeOptions& options) {
  check_options(options);
  const auto file = folder.open_encoder(folder.config().image_encoder, options.precision);
  return {file.bytes(), file.path().string(),
          Signature{.inputs = {"pixel_values"},
                    .output = "image_embeds",
                    .output_width = folder.config().embed_dim},
          options};
}

}  // namespace

ImageEncoder::ImageEncoder(const BundleFolder& folder, const RuntimeOptions& options)
    : config_(folder.config()),
      batch_(options.batch),
      threads_(options.threads),
      preprocess_(load_preprocess(folder)),
      session_(load_image_session(folder, options)) {
  selftest_images(folder, *this, options.precision, /*samples=*/1);
}

size_t ImageEncoder::tensor_size() const {
  return preprocess_.tensor_size();
}

void ImageEncoder::check_room(size_t count, std::span<float> out) const {
  if (out.size() == count * static_cast<size_t>(width())) return;
  fail(ErrorCode::kUsage, "room for {} floats was given; {} images need {} x {}", out.size(), count,
       count, width());
}

void ImageEncoder::embed(size_t count, const FillTensor& fill, std::span<float> out) const {
  check_room(count, out);
  const auto row = static_cast<size_t>(width());
  const size_t batch = std::min(count, static_cast<size_t>(batch_));
  std::vector<float> tensors(batch * tensor_size());
  for (size_t first = 0; first < count; first += batch) {
    const size_t rows = std::min(count - first, batch);
    const std::span used(tensors.data(), rows * tensor_size());
    parallel_for(
        rows, [&](size_t i) { fill(first + i, used.subspan(i * tensor_size(), tensor_size())); },
        static_cast<int>(threads_));
    run(used, static_cast<int64_t>(rows), out.subspan(first * row, rows * row));
  }
}

void ImageEncoder::embed_encoded(std::span<const Encoded> images, std::span<float> out) const {
  embed(
      images.size(),
      [&](size_t i, std::span<float> tensor) {
        image::preprocess_encoded(images[i].bytes, images[i].name, preprocess_, tensor);
      },
      out);
}

void ImageEncoder::embed_files(std::span<const std::filesystem::path> files,
                               std::span<float> out) const {
  embed(
      files.size(),
      [&](size_t i, std::span<float> tensor) {
        const MappedFile file(files[i]);
        image::preprocess_encoded(file.bytes(), files[i].string(), preprocess_, tensor);
      },
      out);
}

void ImageEncoder::embed_tensors(std::span<const float> tensors, size_t count,
                                 std::span<float> out) const {
  check_room(count, out);
  if (tensors.size() != count * tensor_size()) {
    fail(ErrorCode::kUsage, "{} floats were given; {} images have {} x {}", tensors.size(), count,
         count, tensor_size());
  }
  const auto row = static_cast<size_t>(width()), batch = static_cast<size_t>(batch_);
  for (size_t first = 0; first < count; first += batch) {
    const size_t rows = std::min(count - first, batch);
    run(tensors.subspan(first * tensor_size(), rows * tensor_size()), static_cast<int64_t>(rows),
        out.subspan(first * row, rows * row));
  }
}

void ImageEncoder::run(std::span<const float> pixel_values, int64_t rows,
                       std::span<float> out) const {
  const std::array<Input, 1> inputs{
      {{"pixel_values", pixel_values, {rows, 3, preprocess_.size, preprocess_.size}}}};
  session_.run(inputs, {"image_embeds", out, {rows, width()}});
}

}  // namespace clipstill::runtime
