// The style sheet of the HTML report.
#pragma once

#include <string_view>

namespace clipstill::report {

extern const std::string_view kStyleSheet;

}  // namespace clipstill::report
