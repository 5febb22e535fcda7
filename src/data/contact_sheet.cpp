#include "data/contact_sheet.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "core/bytes.h"
#include "core/error.h"
#include "core/parallel.h"
#include "image/codec.h"
#include "image/orientation.h"
#include "image/resize.h"
#include "text/unicode.h"

namespace clipstill::data {
namespace {

constexpr int kGap = 6;          // pixels around a cell
constexpr int kLineHeight = 15;  // pixels
constexpr int kFontSize = 12;    // pixels
constexpr size_t kCaptionLines = 2;
constexpr int kCaptionHeight = kLineHeight * static_cast<int>(kCaptionLines) + 4;
constexpr uint8_t kMissing = 0xb0;  // grey of an unreadable image

bool fits(const PairRecord& record, const ContactSheetOptions& options) {
  if (!options.domain.empty() && record.domain != options.domain) return false;
  return options.lang.empty() ||
         std::any_of(record.texts.begin(), record.texts.end(),
                     [&](const Text& text) { return text.lang == options.lang; });
}

const std::string& caption_of(const PairRecord& record, const std::string& lang) {
  const auto found = std::find_if(record.texts.begin(), record.texts.end(), [&](const Text& text) {
    return lang.empty() || text.lang == lang;
  });
  return found->text;
}

void append_escaped(char32_t c, std::string& svg) {
  switch (c) {
    case '<':
      svg += "&lt;";
      return;
    case '>':  // of "]]>"
      svg += "&gt;";
      return;
    case '&':
      svg += "&amp;";
      return;
    default:  // XML allows no control characters, nor these two
      const bool is_allowed = c >= 0x20 && !text::is_control(c) && c != 0xfffe && c != 0xffff;
      text::append_utf8(is_allowed ? c : U' ', svg);
  }
}

// The first lines of a caption, escaped. Ideographs take the width of two letters.
std::vector<std::string> wrap(std::string_view caption, int width) {
  const double capacity = width / (kFontSize * 0.55);
  std::vector<std::string> lines(1);
  double used = 0;
  for (size_t position = 0; position < caption.size();) {
    const char32_t c = text::next_code_point(caption, position);
    const double units = c >= 0x1100 ? 1.85 : 1;
    if (used + units > capacity) {
      if (lines.size() == kCaptionLines) {
        lines.back() += "…";
        break;
      }
      lines.emplace_back();
      used = 0;
    }
    append_escaped(c, lines.back());
    used += units;
  }
  return lines;
}

// A strip of width x kCaptionHeight, black on white, in the fonts that the machine has.
image::Image draw_caption(std::string_view caption, int width) {
  const int size = std::max(width, kCaptionHeight);
  std::string svg = fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{0}" font-size="{1}" )"
      R"(font-family="sans-serif">)",
      size, kFontSize);
  int baseline = kFontSize;
  for (const auto& line : wrap(caption, width)) {
    svg += fmt::format(R"(<text x="0" y="{}">{}</text>)", baseline, line);
    baseline += kLineHeight;
  }
  svg += "</svg>";
  const auto square = image::rasterise_svg(bytes_of(svg), size, "caption");
  return image::flatten(image::crop(square, 0, 0, width, kCaptionHeight), 255, 255, 255);
}

image::Image draw_thumbnail(const PairSource& source, size_t index,
                            const ContactSheetOptions& options) {
  const int edge = static_cast<int>(options.thumbnail);
  image::Image canvas(edge, edge, 3);
  std::fill(canvas.pixels.begin(), canvas.pixels.end(), kMissing);
  image::Image picture;
  try {
    picture = image::decode_oriented(source.read_image(index), source.records()[index].image,
                                     options.apply_orientation);
    picture = image::flatten(picture, 255, 255, 255);
  } catch (const Error&) {
    return canvas;
  }
  const double scale = static_cast<double>(edge) / std::max(picture.width, picture.height);
  const int width = std::clamp(static_cast<int>(picture.width * scale + 0.5), 1, edge);
  const int height = std::clamp(static_cast<int>(picture.height * scale + 0.5), 1, edge);
  const auto small = image::resize(picture, width, height, image::Filter::kBicubic);
  std::fill(canvas.pixels.begin(), canvas.pixels.end(), uint8_t{255});
  for (int y = 0; y < height; ++y) {
    std::copy_n(small.row(y), 3 * width,
                canvas.row(y + (edge - height) / 2) + 3 * ((edge - width) / 2));
  }
  return canvas;
}

void paste(const image::Image& part, int left, int top, image::Image& sheet) {
  for (int y = 0; y < part.height; ++y) {
    std::copy_n(part.row(y), 3 * part.width, sheet.row(top + y) + 3 * left);
  }
}

}  // namespace

std::vector<size_t> choose_for_sheet(const PairSource& source, const ContactSheetOptions& options) {
  std::vector<size_t> fitting;
  std::set<std::string> domains, languages;
  for (size_t i = 0; i < source.records().size(); ++i) {
    const auto& record = source.records()[i];
    domains.insert(record.domain);
    for (const auto& text : record.texts) languages.insert(text.lang);
    if (fits(record, options)) fitting.push_back(i);
  }
  if (fitting.empty()) {
    fail(ErrorCode::kUsage,
         "no record has domain \"{}\" and language \"{}\"; domains: {}; languages: {}",
         options.domain, options.lang, fmt::join(domains, ", "), fmt::join(languages, ", "));
  }
  const size_t count = std::min(fitting.size(), static_cast<size_t>(options.count));
  std::vector<size_t> chosen(count);
  for (size_t i = 0; i < count; ++i) chosen[i] = fitting[i * fitting.size() / count];
  return chosen;
}

image::Image draw_contact_sheet(const PairSource& source, const std::vector<size_t>& records,
                                const ContactSheetOptions& options) {
  const int edge = static_cast<int>(options.thumbnail);
  const int columns = static_cast<int>(std::min<size_t>(options.columns, records.size()));
  const int rows = (static_cast<int>(records.size()) + columns - 1) / columns;
  const int cell_width = edge + kGap;
  const int cell_height = edge + kCaptionHeight + kGap;
  image::Image sheet(columns * cell_width + kGap, rows * cell_height + kGap, 3);
  std::fill(sheet.pixels.begin(), sheet.pixels.end(), uint8_t{255});
  parallel_for(records.size(), [&](size_t i) {  // cells do not overlap
    const int left = kGap + static_cast<int>(i) % columns * cell_width;
    const int top = kGap + static_cast<int>(i) / columns * cell_height;
    paste(draw_thumbnail(source, records[i], options), left, top, sheet);
    const auto& caption = caption_of(source.records()[records[i]], options.lang);
    paste(draw_caption(caption, edge), left, top + edge + 2, sheet);
  });
  return sheet;
}

}  // namespace clipstill::data
