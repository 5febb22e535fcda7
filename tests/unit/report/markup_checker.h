// Reads HTML that is written like XML and says where it is not well-formed.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace clipstill::report {

struct Element {
  std::string name;
  std::map<std::string, std::string> attributes;  // as written, entities not decoded
  std::vector<std::string> ancestors;             // outermost first
};

struct Markup {
  std::string error;  // empty: well-formed
  std::vector<Element> elements;
  std::string text;  // of all elements but style, entities decoded

  /// Elements of a name.
  std::vector<Element> all(std::string_view name) const;
};

Markup check_markup(std::string_view html);

}  // namespace clipstill::report
