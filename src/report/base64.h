// Base64 (RFC 4648, with padding), for images inside a self-contained page.
#pragma once

#include <string>
#include <string_view>

namespace clipstill::report {

std::string base64(std::string_view bytes);

}  // namespace clipstill::report
