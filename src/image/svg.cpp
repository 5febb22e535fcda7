#include <cairo.h>
#include <librsvg/rsvg.h>

#include <memory>
#include <string>

#include "core/error.h"
#include "image/codec.h"

namespace clipstill::image {
namespace {

constexpr size_t kMaxBytes = size_t{16} << 20;
constexpr int kMaxSize = 16384;

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using Handle = std::unique_ptr<RsvgHandle, Deleter<g_object_unref>>;
using Surface = std::unique_ptr<cairo_surface_t, Deleter<cairo_surface_destroy>>;
using Cairo = std::unique_ptr<cairo_t, Deleter<cairo_destroy>>;

[[noreturn]] void fail_svg(std::string_view name, GError* error) {
  const std::string message = error != nullptr ? error->message : "unknown error";
  g_clear_error(&error);
  fail(ErrorCode::kBadData, "{}: cannot draw the SVG: {}", name, message);
}

}  // namespace

Image rasterise_svg(std::span<const uint8_t> bytes, int size, std::string_view name) {
  if (size < 1 || size > kMaxSize) {
    fail(ErrorCode::kUsage, "{}: cannot draw at {} pixels, expected 1 to {}", name, size, kMaxSize);
  }
  if (bytes.size() > kMaxBytes) {
    fail(ErrorCode::kBadData, "{}: an SVG of {} bytes, at most {} are read", name, bytes.size(),
         kMaxBytes);
  }
  GError* error = nullptr;
  // From memory and without a base URI: librsvg then loads no external file.
  const Handle handle(rsvg_handle_new_from_data(bytes.data(), bytes.size(), &error));
  if (!handle) fail_svg(name, error);
  const Surface surface(cairo_image_surface_create(CAIRO_FORMAT_ARGB32, size, size));
  const Cairo cairo(cairo_create(surface.get()));
  const RsvgRectangle viewport{0, 0, static_cast<double>(size), static_cast<double>(size)};
  if (!rsvg_handle_render_document(handle.get(), cairo.get(), &viewport, &error)) {
    fail_svg(name, error);
  }
  cairo_surface_flush(surface.get());
  if (cairo_surface_status(surface.get()) != CAIRO_STATUS_SUCCESS) {
    fail(ErrorCode::kBadData, "{}: cannot draw the SVG: {}", name,
         cairo_status_to_string(cairo_surface_status(surface.get())));
  }
  Image image(size, size, 4);
  const uint8_t* data = cairo_image_surface_get_data(surface.get());
  const int stride = cairo_image_surface_get_stride(surface.get());
  for (int y = 0; y < size; ++y) {
    const auto* source = reinterpret_cast<const uint32_t*>(data + static_cast<size_t>(y) * stride);
    uint8_t* out = image.row(y);
    for (int x = 0; x < size; ++x, out += 4) {  // premultiplied ARGB in native words
      const uint32_t alpha = source[x] >> 24;
      for (int c = 0; c < 3; ++c) {
        const uint32_t value = source[x] >> (16 - 8 * c) & 0xff;
        out[c] = alpha == 0 ? 0 : static_cast<uint8_t>((value * 255 + alpha / 2) / alpha);
      }
      out[3] = static_cast<uint8_t>(alpha);
    }
  }
  return image;
}

}  // namespace clipstill::image
