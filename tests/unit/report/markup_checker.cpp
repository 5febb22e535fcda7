#include "markup_checker.h"

#include <algorithm>
#include <cctype>

namespace clipstill::report {
namespace {

class Checker {
 public:
  explicit Checker(std::string_view html) : html_(html) {}

  Markup check() {
    constexpr std::string_view kDoctype = "<!DOCTYPE html>";
    if (html_.starts_with(kDoctype)) at_ = kDoctype.size();
    while (markup_.error.empty() && at_ < html_.size()) {
      if (html_[at_] == '<') {
        tag();
      } else {
        character();
      }
    }
    if (!open_.empty()) fail("never closed: " + open_.back());
    return markup_;
  }

 private:
  void fail(const std::string& what) {
    if (!markup_.error.empty()) return;
    const size_t from = at_ < 40 ? 0 : at_ - 40;
    markup_.error = what + " near: " + std::string(html_.substr(from, 90));
  }

  bool take(std::string_view expected) {
    if (html_.substr(at_, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }

  std::string name() {
    const size_t start = at_;
    while (at_ < html_.size() &&
           (std::isalnum(static_cast<unsigned char>(html_[at_])) || html_[at_] == '-')) {
      ++at_;
    }
    if (at_ == start) fail("a name was expected");
    return std::string(html_.substr(start, at_ - start));
  }

  void tag() {
    if (take("</")) {
      const std::string closing = name();
      if (!take(">")) fail("unfinished closing tag");
      if (open_.empty() || open_.back() != closing) return fail("unbalanced </" + closing + ">");
      open_.pop_back();
      return;
    }
    take("<");
    Element element{.name = name(), .attributes = {}, .ancestors = open_};
    while (markup_.error.empty() && take(" ")) attribute(element);
    markup_.elements.push_back(element);
    if (take("/>")) return;
    if (!take(">")) return fail("unfinished tag " + element.name);
    open_.push_back(element.name);
    if (element.name == "style") {
      const size_t end = html_.find("</style>", at_);
      at_ = end == std::string_view::npos ? html_.size() : end;
    }
  }

  void attribute(Element& element) {
    const std::string key = name();
    if (!take("=\"")) return fail("attribute without a quoted value: " + key);
    const size_t end = html_.find('"', at_);
    if (end == std::string_view::npos) return fail("unfinished attribute " + key);
    const std::string value(html_.substr(at_, end - at_));
    if (value.find('<') != std::string::npos) return fail("'<' in attribute " + key);
    if (!element.attributes.emplace(key, value).second) return fail("twice: " + key);
    at_ = end + 1;
  }

  void character() {
    if (html_[at_] == '&') {
      static const std::map<std::string_view, std::string> kEntities = {
          {"&amp;", "&"},   {"&lt;", "<"},  {"&gt;", ">"},
          {"&quot;", "\""}, {"&#39;", "'"}, {"&#160;", " "}};
      for (const auto& [entity, decoded] : kEntities) {
        if (take(entity)) {
          markup_.text += decoded;
          return;
        }
      }
      return fail("a bare '&'");
    }
    markup_.text += html_[at_++];
  }

  std::string_view html_;
  size_t at_ = 0;
  std::vector<std::string> open_;
  Markup markup_;
};

}  // namespace

std::vector<Element> Markup::all(std::string_view name) const {
  std::vector<Element> found;
  std::copy_if(elements.begin(), elements.end(), std::back_inserter(found),
               [&](const Element& element) { return element.name == name; });
  return found;
}

Markup check_markup(std::string_view html) {
  return Checker(html).check();
}

}  // namespace clipstill::report
