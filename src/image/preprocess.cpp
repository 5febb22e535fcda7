#include "image/preprocess.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/hash.h"
#include "core/shallow_json.h"
#include "image/orientation.h"

namespace clipstill::image {
namespace {

using nlohmann::json;

// Pillow's numbers for the filters we have (PIL.Image.Resampling).
constexpr std::pair<int, Filter> kFilters[] = {
    {0, Filter::kNearest}, {1, Filter::kLanczos}, {2, Filter::kBilinear}, {3, Filter::kBicubic}};

int filter_number(Filter filter) {
  for (const auto& [number, known] : kFilters) {
    if (known == filter) return number;
  }
  fail(ErrorCode::kInternal, "unknown filter");
}

constexpr int64_t kMaxEdge = 4096;
constexpr const char* kHalfToEvenName = "half_to_even";

[[noreturn]] void fail_key(std::string_view origin, const std::string& key, const json& value,
                           const char* expected) {
  fail(ErrorCode::kBadData, "{}: {} is {}; expected {}", origin, key, value.dump(), expected);
}

bool given(const json& root, const char* key) {
  return root.contains(key) && !root[key].is_null();
}

bool flag(const json& root, const char* key, bool otherwise) {
  return given(root, key) ? root[key].get<bool>() : otherwise;
}

int64_t edge(const json& value, std::string_view origin, const char* key) {
  const auto pixels = value.is_number_integer() ? value.get<int64_t>() : 0;
  if (pixels < 1 || pixels > kMaxEdge) fail_key(origin, key, value, "1 to 4096 pixels");
  return pixels;
}

// {"height": n, "width": n} or n.
int square_edge(const json& value, std::string_view origin, const char* key) {
  if (!value.is_object()) return static_cast<int>(edge(value, origin, key));
  if (value.size() != 2 || !value.contains("height") || !value.contains("width") ||
      value["height"] != value["width"]) {
    fail_key(origin, key, value, R"(n, {"shortest_edge": n} or {"height": n, "width": n})");
  }
  return static_cast<int>(edge(value["height"], origin, key));
}

// A bare number means the shortest edge unless the file says "default_to_square".
void read_size(const json& root, std::string_view origin, Preprocess& p) {
  const auto& size = root.at("size");
  const bool shortest =
      size.is_object() ? size.contains("shortest_edge") : !flag(root, "default_to_square", false);
  p.resize_mode = shortest ? ResizeMode::kShortestEdge : ResizeMode::kStretch;
  if (size.is_object() && shortest) {
    if (size.size() != 1) fail_key(origin, "size", size, "\"shortest_edge\" alone");
    p.size = static_cast<int>(edge(size["shortest_edge"], origin, "size"));
  } else {
    p.size = square_edge(size, origin, "size");
  }
  const bool crops = flag(root, "do_center_crop", given(root, "crop_size"));
  if (shortest && !crops) {
    fail_key(origin, "do_center_crop", crops, "true, because size gives the shortest edge only");
  }
  if (crops && square_edge(root.at("crop_size"), origin, "crop_size") != p.size) {
    fail_key(origin, "crop_size", root["crop_size"], "the same edge as size");
  }
}

std::array<float, 3> triple(const json& value, std::string_view origin, const char* key) {
  if (!value.is_array() || value.size() != 3) fail_key(origin, key, value, "three numbers");
  return value.get<std::array<float, 3>>();
}

Filter filter_of(const json& value, std::string_view origin) {
  for (const auto& [number, filter] : kFilters) {
    if (value == number) return filter;
  }
  fail_key(origin, "resample", value, "0, 1, 2 or 3 (nearest, Lanczos, bilinear, bicubic)");
}

int crop_start(int surplus, CropRounding rounding) {
  const int half = surplus / 2;
  const bool up = rounding == CropRounding::kHalfToEven && surplus % 2 != 0 && half % 2 != 0;
  return up ? half + 1 : half;
}

// Keys that say nothing about pixels.
constexpr std::string_view kSilentKeys[] = {
    "image_processor_type", "processor_class",   "feature_extractor_type", "_valid_processor_keys",
    "data_format",          "input_data_format", "return_tensors"};
// Keys that read_size() and from_json() look up themselves.
constexpr std::string_view kReadKeys[] = {
    "size",      "crop_size",   "do_center_crop",    "resample",      "image_mean",
    "image_std", "blend_alpha", "default_to_square", "crop_rounding", "apply_orientation"};
constexpr std::string_view kAlwaysTrue[] = {"do_resize", "do_rescale", "do_normalize",
                                            "do_convert_rgb"};

void check_other_key(const std::string& key, const json& value, std::string_view origin) {
  const auto in = [&](const auto& keys) { return std::ranges::find(keys, key) != std::end(keys); };
  if (value.is_null() || in(kSilentKeys) || in(kReadKeys)) return;
  if (in(kAlwaysTrue)) {
    if (value != true) fail_key(origin, key, value, "true");
  } else if (key == "rescale_factor") {
    if (std::abs(value.get<double>() * 255.0 - 1.0) > 1e-6) fail_key(origin, key, value, "1/255");
  } else {
    fail(ErrorCode::kBadData,
         "{}: key \"{}\" is not known and could change pixels; remove it if it does not", origin,
         key);
  }
}

}  // namespace

std::string Preprocess::to_json() const {
  nlohmann::ordered_json out;
  const bool shortest = resize_mode == ResizeMode::kShortestEdge;
  out["do_resize"] = true;
  if (shortest) {
    out["size"]["shortest_edge"] = size;
  } else {
    out["size"] = {{"height", size}, {"width", size}};
  }
  out["resample"] = filter_number(filter);
  out["do_center_crop"] = shortest;
  if (shortest) out["crop_size"] = {{"height", size}, {"width", size}};
  out["do_rescale"] = true;
  out["rescale_factor"] = 1.0 / 255.0;
  out["do_normalize"] = true;
  out["image_mean"] = mean;
  out["image_std"] = std;
  out["do_convert_rgb"] = true;
  out["blend_alpha"] = blend_alpha;
  // Only where they differ: fingerprints of older caches and bundles stay as they are.
  if (crop_rounding == CropRounding::kHalfToEven) out["crop_rounding"] = kHalfToEvenName;
  if (apply_orientation) out["apply_orientation"] = true;
  return out.dump(2) + "\n";
}

Preprocess Preprocess::from_json(std::string_view text, std::string_view origin) {
  Preprocess p;
  try {
    const auto root = parse_shallow_json(text, origin);
    for (const char* key : {"size", "resample", "image_mean", "image_std"}) {
      if (!given(root, key)) {
        fail(ErrorCode::kBadData, "{}: key \"{}\" is missing; its default differs between models",
             origin, key);
      }
    }
    for (const auto& [key, value] : root.items()) check_other_key(key, value, origin);
    read_size(root, origin, p);
    p.filter = filter_of(root["resample"], origin);
    p.mean = triple(root["image_mean"], origin, "image_mean");
    p.std = triple(root["image_std"], origin, "image_std");
    if (*std::ranges::min_element(p.std) <= 0) {
      fail_key(origin, "image_std", root["image_std"], "numbers above 0");
    }
    // What the reference does, unless the file says otherwise.
    p.blend_alpha = flag(root, "blend_alpha", false);
    p.apply_orientation = flag(root, "apply_orientation", false);
    if (given(root, "crop_rounding")) {
      if (root["crop_rounding"] != kHalfToEvenName) {
        fail_key(origin, "crop_rounding", root["crop_rounding"], "\"half_to_even\"");
      }
      p.crop_rounding = CropRounding::kHalfToEven;
    }
  } catch (const json::exception& error) {
    fail(ErrorCode::kBadData, "{}: not a preprocessor config: {}", origin, error.what());
  }
  return p;
}

std::string Preprocess::fingerprint() const {
  return hash_hex(to_json());
}

Image fit(const Image& rgb, int size, ResizeMode mode, Filter filter, CropRounding rounding) {
  if (mode == ResizeMode::kStretch) return resize(rgb, size, size, filter);
  // HF get_resize_output_image_size: the longer edge is cut, not rounded.
  const int64_t shorter = std::min(rgb.width, rgb.height);
  const int64_t longer = size * int64_t{std::max(rgb.width, rgb.height)} / shorter;
  if (longer > std::numeric_limits<int>::max()) {
    fail(ErrorCode::kBadData, "an image of {} x {} pixels is too long for its width", rgb.width,
         rgb.height);
  }
  const int edge = static_cast<int>(longer);
  const int width = rgb.width >= rgb.height ? edge : size;
  const int height = rgb.width >= rgb.height ? size : edge;
  return resize_and_crop(rgb, width, height, filter, crop_start(width - size, rounding),
                         crop_start(height - size, rounding), size, size);
}

Image fit(const Image& image, const Preprocess& options) {
  const auto fit_rgb = [&](const Image& rgb) {
    return fit(rgb, options.size, options.resize_mode, options.filter, options.crop_rounding);
  };
  // Most pictures, of which to_rgb() and flatten() would give a copy.
  if (image.channels == 3) return fit_rgb(image);
  return fit_rgb(options.blend_alpha ? flatten(image, 255, 255, 255) : to_rgb(image));
}

void preprocess(const Image& image, const Preprocess& options, std::span<float> out) {
  normalise(fit(image, options), options, out);
}

void preprocess_encoded(std::span<const uint8_t> bytes, std::string_view name,
                        const Preprocess& options, std::span<float> out) {
  preprocess(decode_oriented(bytes, name, options.apply_orientation), options, out);
}

void normalise(const Image& rgb, const Preprocess& options, std::span<float> out) {
  const size_t pixels = static_cast<size_t>(options.size) * options.size;
  if (rgb.width != options.size || rgb.height != options.size || rgb.channels != 3 ||
      out.size() != 3 * pixels) {
    fail(ErrorCode::kInternal, "normalise: {} x {} x {} into {} floats of size {}", rgb.width,
         rgb.height, rgb.channels, out.size(), options.size);
  }
  for (size_t c = 0; c < 3; ++c) {
    float table[256];  // as the reference: x * (1 / 255), then (x - mean) / std
    for (int v = 0; v < 256; ++v) {
      const auto scaled = static_cast<float>(v * (1.0 / 255.0));
      table[v] = (scaled - options.mean[c]) / options.std[c];
    }
    for (size_t i = 0; i < pixels; ++i) out[c * pixels + i] = table[rgb.pixels[3 * i + c]];
  }
}

}  // namespace clipstill::image
