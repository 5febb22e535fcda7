// The text of a mapped table file.
#pragma once

#include <string_view>

#include "core/files.h"

namespace clipstill::data {

/// The content without a UTF-8 byte order mark. kBadData for UTF-16 and for binary files.
std::string_view checked_text(const MappedFile& file);

}  // namespace clipstill::data
