// The built-in bilingual emoji data set, from pinned npm packages (DESIGN: "emoji").
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/options.h"

namespace clipstill::data {

struct EmojiOptions {
  std::string packages = "node_modules";  // folder that holds the npm packages
  int64_t size = 64;                      // pixels, square
  StringList styles{"twemoji", "openmoji", "fluent-flat", "fluent-3d", "noto"};
  StringList languages{"en", "zh"};  // emojibase-data languages; a concept needs all of them
};

void declare_options(OptionSet& set, EmojiOptions& options);

/// Builds packed data in `folder`: one RGBA PNG per concept and style (id "<HEXCODE>/<style>",
/// label = hexcode without FE0F, domain = style, category = emojibase's group, "animals-nature"),
/// texts per language: the label (kind "label"), then the tags joined by ", " (kind "tags"). Writes
/// DATA_CARD.md (licences, coverage, versions) beside it. Deterministic: equal packages give equal
/// bytes. Does nothing when the folder already holds the result of the same options and package
/// versions. Returns true if it built.
bool build_emoji(const std::filesystem::path& folder, const EmojiOptions& options);

}  // namespace clipstill::data
