// The lists of a JSON file that is too large to be in memory as a whole.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace clipstill::data {

/// Takes the text of entry `index` (from 0) of the list under the key `list`.
using OnJsonEntry =
    std::function<void(std::string_view list, size_t index, std::string_view entry)>;

/// Cuts `text`, {"LIST": [ENTRY, …], …}, into the entries of its lists, in the order of the file.
/// Brackets, quotes and commas between entries are checked; what an entry holds is left to the one
/// who parses it. Values of other keys are passed over. Returns the names of the lists. kBadData
/// naming `name` and the line if the text is no JSON object or is cut short.
std::vector<std::string> read_json_lists(std::string_view text, const std::string& name,
                                         const OnJsonEntry& on_entry);

}  // namespace clipstill::data
