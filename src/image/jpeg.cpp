#include <csetjmp>
#include <cstdio>  // jpeglib.h needs FILE

#include <jerror.h>
#include <jpeglib.h>

#include <algorithm>
#include <string>

#include "core/error.h"
#include "image/formats.h"

namespace clipstill::image {
namespace {

struct ErrorManager {
  jpeg_error_mgr base;
  std::jmp_buf escape;
  char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void on_error(j_common_ptr info) {
  auto* manager = reinterpret_cast<ErrorManager*>(info->err);
  (*info->err->format_message)(info, manager->message);
  std::longjmp(manager->escape, 1);
}

// Warnings (premature end, corrupt data) mean that pixels are missing: an error here. Those about
// bytes between segments and odd version numbers do not touch pixels.
void on_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  switch (info->err->msg_code) {
    case JWRN_ADOBE_XFORM:
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_JFIF_MAJOR:
      return;
    default:
      on_error(info);
  }
}

// A progressive file of a few kilobytes can ask for any number of passes over all pixels. Real
// encoders write about ten scans.
constexpr int kMaxScans = 500;

void on_progress(j_common_ptr info) {
  auto* decompress = reinterpret_cast<j_decompress_ptr>(info);
  if (decompress->input_scan_number <= kMaxScans) return;
  auto* manager = reinterpret_cast<ErrorManager*>(info->err);
  std::snprintf(manager->message, sizeof manager->message, "more than %d scans", kMaxScans);
  std::longjmp(manager->escape, 1);
}

// libjpeg's state, destroyed with the object. Frames between setjmp and longjmp hold no objects
// with destructors: everything that allocates lives outside of run().
class Decoder {
 public:
  explicit Decoder(std::span<const uint8_t> bytes) : bytes_(bytes) {
    info_.err = jpeg_std_error(&errors_.base);
    errors_.base.error_exit = on_error;
    errors_.base.emit_message = on_message;
    progress_.progress_monitor = on_progress;
  }
  ~Decoder() { jpeg_destroy_decompress(&info_); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  bool read_header() {
    if (setjmp(errors_.escape)) return false;
    jpeg_create_decompress(&info_);
    info_.progress = &progress_;
    jpeg_mem_src(&info_, bytes_.data(), bytes_.size());
    jpeg_read_header(&info_, TRUE);
    return true;
  }

  bool start() {
    if (setjmp(errors_.escape)) return false;
    switch (info_.jpeg_color_space) {
      case JCS_GRAYSCALE:
        info_.out_color_space = JCS_GRAYSCALE;
        break;
      case JCS_CMYK:
      case JCS_YCCK:
        info_.out_color_space = JCS_CMYK;
        break;
      default:
        info_.out_color_space = JCS_RGB;
    }
    jpeg_start_decompress(&info_);
    return true;
  }

  bool read_rows(Image& image) {
    if (setjmp(errors_.escape)) return false;
    while (info_.output_scanline < info_.output_height) {
      JSAMPROW row = image.row(static_cast<int>(info_.output_scanline));
      jpeg_read_scanlines(&info_, &row, 1);
    }
    jpeg_finish_decompress(&info_);
    return true;
  }

  const jpeg_decompress_struct& info() const { return info_; }
  const char* message() const { return errors_.message; }

 private:
  std::span<const uint8_t> bytes_;
  jpeg_decompress_struct info_{};
  ErrorManager errors_{};
  jpeg_progress_mgr progress_{};
};

[[noreturn]] void fail_jpeg(const Decoder& decoder, std::string_view name) {
  fail(ErrorCode::kBadData, "{}: damaged JPEG: {}", name, decoder.message());
}

// Pillow's CMYK -> RGB: (255 - c)(255 - k) / 255 rounded (libImaging/Convert.c, cmyk2rgb with
// MULDIV255). Files written by Adobe store the inks inverted.
Image cmyk_to_rgb(const Image& cmyk, bool inverted) {
  Image rgb(cmyk.width, cmyk.height, 3);
  const size_t pixels = static_cast<size_t>(cmyk.width) * cmyk.height;
  for (size_t i = 0; i < pixels; ++i) {
    const uint8_t* ink = &cmyk.pixels[4 * i];
    const unsigned white = inverted ? ink[3] : 255u - ink[3];
    for (size_t c = 0; c < 3; ++c) {
      const unsigned colour = inverted ? 255u - ink[c] : ink[c];
      const unsigned product = colour * white + 128;  // MULDIV255
      rgb.pixels[3 * i + c] = static_cast<uint8_t>(
          std::max(0, static_cast<int>(white) - static_cast<int>(((product >> 8) + product) >> 8)));
    }
  }
  return rgb;
}

}  // namespace

ImageSize probe_jpeg(std::span<const uint8_t> bytes, std::string_view name) {
  Decoder decoder(bytes);
  if (!decoder.read_header()) fail_jpeg(decoder, name);
  return {static_cast<int>(decoder.info().image_width),
          static_cast<int>(decoder.info().image_height)};
}

Image decode_jpeg(std::span<const uint8_t> bytes, std::string_view name,
                  const DecodeLimits& limits) {
  Decoder decoder(bytes);
  if (!decoder.read_header()) fail_jpeg(decoder, name);
  const auto& info = decoder.info();
  check_limits(info.image_width, info.image_height, name, limits);
  if (!decoder.start()) fail_jpeg(decoder, name);
  Image image(static_cast<int>(info.output_width), static_cast<int>(info.output_height),
              info.output_components);
  const bool adobe = info.saw_Adobe_marker;
  const bool cmyk = info.out_color_space == JCS_CMYK;
  if (!decoder.read_rows(image)) fail_jpeg(decoder, name);
  if (cmyk) return cmyk_to_rgb(image, adobe);
  return image;  // not copied, as it is in an operand of ?:
}

}  // namespace clipstill::image
