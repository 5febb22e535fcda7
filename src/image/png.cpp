#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>
#include <string>

#include "core/error.h"
#include "image/formats.h"

namespace clipstill::image {
namespace {

struct Source {
  std::span<const uint8_t> bytes;
  size_t position = 0;
  char message[128] = "";
};

void read_bytes(png_structp png, png_bytep out, size_t count) {
  auto* source = static_cast<Source*>(png_get_io_ptr(png));
  if (count > source->bytes.size() - source->position) png_error(png, "cut short");
  std::memcpy(out, source->bytes.data() + source->position, count);
  source->position += count;
}

[[noreturn]] void on_error(png_structp png, png_const_charp message) {
  auto* source = static_cast<Source*>(png_get_error_ptr(png));
  std::strncpy(source->message, message, sizeof source->message - 1);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void write_bytes(png_structp png, png_bytep data, size_t count) {
  static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<char*>(data), count);
}

// Reads into memory that the caller owns: no frame between setjmp and longjmp has destructors.
class Reader {
 public:
  explicit Reader(std::span<const uint8_t> bytes) : source_{bytes} {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &source_, on_error, on_warning);
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    if (info_ == nullptr) {
      png_destroy_read_struct(&png_, nullptr, nullptr);
      throw std::bad_alloc();
    }
    png_set_read_fn(png_, &source_, read_bytes);
  }
  ~Reader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  bool read_header() {
    if (setjmp(png_jmpbuf(png_))) return false;
    png_read_info(png_, info_);
    return true;
  }

  /// Palettes and 1/2/4-bit samples expanded, tRNS to alpha, 16 bit cut to the high byte (as
  /// Pillow reads RGB;16B), grey with alpha to RGBA.
  bool set_transforms() {
    if (setjmp(png_jmpbuf(png_))) return false;
    png_set_expand(png_);
    png_set_strip_16(png_);
    const auto type = png_get_color_type(png_, info_);
    const bool alpha = (type & PNG_COLOR_MASK_ALPHA) || png_get_valid(png_, info_, PNG_INFO_tRNS);
    if (alpha && !(type & PNG_COLOR_MASK_COLOR)) png_set_gray_to_rgb(png_);
    png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    return true;
  }

  bool read_rows(png_bytepp rows) {
    if (setjmp(png_jmpbuf(png_))) return false;
    png_read_image(png_, rows);
    png_read_end(png_, nullptr);
    return true;
  }

  uint32_t width() const { return png_get_image_width(png_, info_); }
  uint32_t height() const { return png_get_image_height(png_, info_); }
  int channels() const { return png_get_channels(png_, info_); }
  const char* message() const { return source_.message; }

 private:
  Source source_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

[[noreturn]] void fail_png(const Reader& reader, std::string_view name) {
  fail(ErrorCode::kBadData, "{}: damaged PNG: {}", name, reader.message());
}

bool write_image(png_structp png, png_infop info, std::string& out, const Image& image,
                 png_bytepp rows) {
  if (setjmp(png_jmpbuf(png))) return false;
  constexpr int kTypes[] = {0, PNG_COLOR_TYPE_GRAY, 0, PNG_COLOR_TYPE_RGB,
                            PNG_COLOR_TYPE_RGB_ALPHA};
  png_set_write_fn(png, &out, write_bytes, nullptr);
  png_set_IHDR(png, info, static_cast<png_uint_32>(image.width),
               static_cast<png_uint_32>(image.height), 8, kTypes[image.channels],
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  png_write_image(png, rows);
  png_write_end(png, nullptr);
  return true;
}

std::vector<png_bytep> row_pointers(const Image& image) {
  std::vector<png_bytep> rows;
  for (int y = 0; y < image.height; ++y) rows.push_back(const_cast<uint8_t*>(image.row(y)));
  return rows;
}

}  // namespace

ImageSize probe_png(std::span<const uint8_t> bytes, std::string_view name) {
  Reader reader(bytes);
  if (!reader.read_header()) fail_png(reader, name);
  return {static_cast<int>(reader.width()), static_cast<int>(reader.height())};
}

Image decode_png(std::span<const uint8_t> bytes, std::string_view name,
                 const DecodeLimits& limits) {
  Reader reader(bytes);
  if (!reader.read_header()) fail_png(reader, name);
  check_limits(reader.width(), reader.height(), name, limits);
  if (!reader.set_transforms()) fail_png(reader, name);
  Image image(static_cast<int>(reader.width()), static_cast<int>(reader.height()),
              reader.channels());
  auto rows = row_pointers(image);
  if (!reader.read_rows(rows.data())) fail_png(reader, name);
  return image;
}

std::string encode_png(const Image& image) {
  if (image.empty() || (image.channels != 1 && image.channels != 3 && image.channels != 4)) {
    fail(ErrorCode::kInternal, "cannot write a PNG of {} x {} x {}", image.width, image.height,
         image.channels);
  }
  std::string out;
  auto rows = row_pointers(image);
  Source errors;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &errors, on_error, on_warning);
  png_infop info = png != nullptr ? png_create_info_struct(png) : nullptr;
  const bool written = info != nullptr && write_image(png, info, out, image, rows.data());
  png_destroy_write_struct(&png, &info);
  if (!written) fail(ErrorCode::kResource, "cannot encode a PNG: {}", errors.message);
  return out;
}

}  // namespace clipstill::image
