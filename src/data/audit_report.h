// An audit for people and for programs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "data/audit.h"

namespace clipstill::data {

nlohmann::ordered_json audit_to_json(const Audit& audit);

/// Lines of "name  value"; bad rows and unreadable images are listed one a line at the end.
std::string audit_to_text(const Audit& audit);

}  // namespace clipstill::data
