// The pinned npm packages of the emoji data set: concepts with their texts, and the drawings.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/options.h"
#include "data/pairs.h"

namespace clipstill::data {

struct EmojiConcept {
  std::string hexcode;   // upper case, "FE0F" parts removed
  std::string category;  // emojibase's group: "smileys-emotion"
  std::vector<Text> texts;
};

/// A drawing style: one npm package of images named by hexcode.
struct EmojiStyle {
  std::string name, package, version, folder, extension, licence;
};

const std::vector<EmojiStyle>& emoji_styles();

/// The texts' package, `emojibase-data`.
extern const EmojiStyle kEmojiTexts;

/// What to do about a package that is missing or damaged, for messages.
inline constexpr const char* kInstallPackages =
    "run: npm ci --ignore-scripts (beside package-lock.json)";

/// kMissingFile / kBadData naming the npm command to run where the package is not installed in
/// `packages` or has another version than the pinned one.
void check_package(const std::filesystem::path& packages, const EmojiStyle& package);

/// Base concepts (those that belong to a group: no lone regional indicators, no skin tones) with
/// a label in every language, in emojibase's order.
std::vector<EmojiConcept> read_concepts(const std::filesystem::path& packages,
                                        const StringList& languages);

/// Image files of a style by hexcode.
std::map<std::string, std::filesystem::path> list_drawings(const std::filesystem::path& packages,
                                                           const EmojiStyle& style);

/// Upper case, "FE0F" parts removed, code points of at least four digits: "35-fe0f-20e3" (as
/// Twemoji names it) -> "0035-20E3".
std::string canonical_hexcode(std::string_view name);

}  // namespace clipstill::data
