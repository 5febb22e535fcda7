#include "data/emoji_card.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace clipstill::data {
namespace {

size_t count_texts(const std::vector<EmojiConcept>& concepts, const std::string& language,
                   const std::string& kind) {
  return static_cast<size_t>(
      std::count_if(concepts.begin(), concepts.end(), [&](const EmojiConcept& item) {
        return std::any_of(item.texts.begin(), item.texts.end(), [&](const Text& text) {
          return text.lang == language && text.kind == kind;
        });
      }));
}

double percent(size_t part, size_t whole) {
  return whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::string emoji_card(const EmojiOptions& options, const std::vector<EmojiStyle>& styles,
                       const std::vector<EmojiConcept>& concepts,
                       const std::map<std::string, size_t>& drawn) {
  size_t images = 0;
  for (const auto& [style, count] : drawn) images += count;
  std::string card = fmt::format(
      "# Bilingual emoji\n\n"
      "{} images of {} concepts, {} x {} pixels, RGBA (PNG with a transparent ground).\n"
      "Built by `clipstill data emoji`; deterministic for these packages and options.\n\n"
      "Each record is one drawing. `id` is \"<code points>/<style>\", `label` the concept (code\n"
      "points in hexadecimal without FE0F), `domain` the style, `category` emojibase's group of "
      "the\n"
      "concept (`animals-nature`). Texts per language: the concept's\n"
      "name (kind `label`), then its keywords joined by commas (kind `tags`). A concept is an "
      "emoji\n"
      "that stands in a group of the emoji list and has a name in every language: no skin-tone\n"
      "variants, no single letters of flags.\n\n"
      "## Images\n\n"
      "| style | npm package | version | concepts drawn | coverage | licence of the drawings |\n"
      "|---|---|---|---:|---:|---|\n",
      images, concepts.size(), options.size, options.size);
  for (const auto& style : styles) {
    const size_t count = drawn.at(style.name);
    card += fmt::format("| {} | {} | {} | {} | {:.1f} % | {} |\n", style.name, style.package,
                        style.version, count, percent(count, concepts.size()), style.licence);
  }
  card += fmt::format(
      "\nDrawings are rasterised or resampled to the size above and otherwise unchanged.\n\n"
      "## Texts\n\nnpm package {} {}, licence {}.\n\n"
      "| language | concepts with a name | concepts with keywords |\n|---|---:|---:|\n",
      kEmojiTexts.package, kEmojiTexts.version, kEmojiTexts.licence);
  for (const auto& language : options.languages) {
    card += fmt::format("| {} | {} | {} |\n", language, count_texts(concepts, language, "label"),
                        count_texts(concepts, language, "tags"));
  }
  card +=
      "\n## Use\n\n"
      "Keep the credits and licences above with copies of the images; OpenMoji's (CC BY-SA) asks\n"
      "the same licence of works made from its drawings. To measure generalisation, train on some\n"
      "styles and test on one that was held out: the same concepts, drawn by other hands.\n";
  return card;
}

}  // namespace clipstill::data
