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

/// Takes the text of the value under a key that is no list.
using OnJsonValue = std::function<void(std::string_view key, std::string_view value)>;

/// Cuts `text`, {"LIST": [ENTRY, …], "KEY": VALUE, …}, into the entries of its lists and its other
/// values, in the order of the file. Brackets, quotes and commas between entries are checked; what
/// an entry holds is left to the one who parses it. Returns the names of the lists. kBadData
/// naming `name` and the line if the text is no JSON object or is cut short.
std::vector<std::string> read_json_lists(std::string_view text, const std::string& name,
                                         const OnJsonEntry& on_entry,
                                         const OnJsonValue& on_value = {});

}  // namespace clipstill::data
