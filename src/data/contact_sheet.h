// Many records at a glance: thumbnails with their texts, for a person to look at.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/pairs.h"
#include "image/image.h"

namespace clipstill::data {

struct ContactSheetOptions {
  std::string domain = "", lang = "";  // only these; empty: all
  int64_t count = 48;                  // thumbnails, spread evenly over the records that fit
  int64_t columns = 8;
  int64_t thumbnail = 128;         // pixels, square
  bool apply_orientation = false;  // as in DataOptions
};

/// Record indices, ascending. kUsage if no record fits, naming the domains and languages there are.
std::vector<size_t> choose_for_sheet(const PairSource& source, const ContactSheetOptions& options);

/// RGB; transparent images stand on white. Below each thumbnail its first text in the language.
/// An unreadable image leaves its place grey.
image::Image draw_contact_sheet(const PairSource& source, const std::vector<size_t>& records,
                                const ContactSheetOptions& options);

}  // namespace clipstill::data
