#include "image/preprocess.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/hash.h"
#include "image/codec.h"

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

[[noreturn]] void fail_key(std::string_view origin, const std::string& key, const json& value,
                           const char* expected) {
  fail(ErrorCode::kBadData, "{}: {} is {}; expected {}", origin, key, value.dump(), expected);
}

int edge_of(const json& value, std::string_view origin, const char* key) {
  int edge = 0;
  if (value.is_number_integer()) {
    edge = value.get<int>();
  } else if (value.is_object() && value.contains("shortest_edge")) {
    edge = value["shortest_edge"].get<int>();
  } else if (value.is_object() && value.contains("height") && value.contains("width") &&
             value["height"] == value["width"]) {
    edge = value["height"].get<int>();
  }
  if (edge < 1 || edge > 4096) fail_key(origin, key, value, "a square of 1 to 4096 pixels");
  return edge;
}

std::array<float, 3> triple(const json& value, std::string_view origin, const char* key) {
  if (!value.is_array() || value.size() != 3) fail_key(origin, key, value, "three numbers");
  return value.get<std::array<float, 3>>();
}

Image resized(const Image& image, const Preprocess& options) {
  const int size = options.size;
  if (options.resize_mode == ResizeMode::kStretch) {
    return resize(image, size, size, options.filter);
  }
  // HF get_resize_output_image_size: the longer edge is cut, not rounded.
  const bool wide = image.width >= image.height;
  const int64_t shorter = wide ? image.height : image.width;
  const int64_t longer = wide ? image.width : image.height;
  const int scaled = static_cast<int>(size * longer / shorter);
  const int width = wide ? scaled : size, height = wide ? size : scaled;
  const auto fitted = resize(image, width, height, options.filter);
  return crop(fitted, (width - size) / 2, (height - size) / 2, size, size);
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
  return out.dump(2) + "\n";
}

Preprocess Preprocess::from_json(std::string_view text, std::string_view origin) {
  static const std::vector<std::string> kIgnored = {
      "image_processor_type",  "processor_class", "feature_extractor_type",
      "_valid_processor_keys", "data_format",     "input_data_format",
      "return_tensors"};
  Preprocess p;
  p.blend_alpha = false;  // what the reference does, unless the file says otherwise
  try {
    const auto root = json::parse(text);
    p.resize_mode =
        root.value("do_center_crop", true) ? ResizeMode::kShortestEdge : ResizeMode::kStretch;
    for (const auto& [key, value] : root.items()) {
      if (key == "do_resize" || key == "do_rescale" || key == "do_normalize" ||
          key == "do_convert_rgb") {
        if (value != true) fail_key(origin, key, value, "true");
      } else if (key == "do_center_crop") {
        continue;  // read above
      } else if (key == "size") {
        p.size = edge_of(value, origin, "size");
      } else if (key == "crop_size") {
        if (edge_of(value, origin, "crop_size") != edge_of(root.at("size"), origin, "size")) {
          fail_key(origin, key, value, "the same edge as size");
        }
      } else if (key == "resample") {
        const auto* found = std::find_if(std::begin(kFilters), std::end(kFilters),
                                         [&](const auto& f) { return value == f.first; });
        if (found == std::end(kFilters)) fail_key(origin, key, value, "0, 1, 2 or 3");
        p.filter = found->second;
      } else if (key == "rescale_factor") {
        if (std::abs(value.get<double>() * 255.0 - 1.0) > 1e-6) {
          fail_key(origin, key, value, "1/255");
        }
      } else if (key == "image_mean") {
        p.mean = triple(value, origin, "image_mean");
      } else if (key == "image_std") {
        p.std = triple(value, origin, "image_std");
      } else if (key == "blend_alpha") {
        p.blend_alpha = value.get<bool>();
      } else if (std::find(kIgnored.begin(), kIgnored.end(), key) == kIgnored.end()) {
        fail(ErrorCode::kBadData,
             "{}: key \"{}\" is not known and could change pixels; remove it if it does not",
             origin, key);
      }
    }
  } catch (const json::exception& error) {
    fail(ErrorCode::kBadData, "{}: not a preprocessor config: {}", origin, error.what());
  }
  return p;
}

std::string Preprocess::fingerprint() const {
  return hash_hex(to_json());
}

void preprocess(const Image& image, const Preprocess& options, std::span<float> out) {
  const auto rgb = options.blend_alpha ? flatten(image, 255, 255, 255) : to_rgb(image);
  normalise(resized(rgb, options), options, out);
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
