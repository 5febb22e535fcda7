// Commands as text that a POSIX shell reads back word for word.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clipstill {

/// The word as it is where no shell reads anything into it, else in single quotes.
std::string shell_quoted(std::string_view word);

/// All of them, a space apart.
std::string shell_command(const std::vector<std::string>& words);

}  // namespace clipstill
