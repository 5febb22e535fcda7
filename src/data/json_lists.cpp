#include "data/json_lists.h"

#include <algorithm>

#include "core/error.h"

namespace clipstill::data {
namespace {

class ListCutter {
 public:
  ListCutter(std::string_view text, const std::string& name, const OnJsonEntry& on_entry,
             const OnJsonValue& on_value)
      : text_(text), name_(name), on_entry_(on_entry), on_value_(on_value) {}

  std::vector<std::string> cut() {
    where_ = "at the start";
    expect('{');
    for (bool more = peek() != '}'; more; more = take_comma('}')) read_member();
    expect('}');
    skip_space();
    if (position_ < text_.size()) refuse("expected the end of the file");
    return std::move(lists_);
  }

 private:
  void read_member() {
    if (peek() != '"') refuse("expected a key in quotes");
    auto key = cut_value();
    key = key.substr(1, key.size() - 2);
    where_ = fmt::format("after the key \"{}\"", key.substr(0, 64));
    expect(':');
    if (peek() != '[') {
      const auto value = cut_value();
      if (on_value_) on_value_(key, value);
      return;
    }
    ++position_;
    lists_.emplace_back(key);
    size_t index = 0;
    for (bool more = peek() != ']'; more; more = take_comma(']'), ++index) {
      where_ = fmt::format("at {}[{}]", key.substr(0, 64), index);
      peek();
      on_entry_(key, index, cut_value());
    }
    expect(']');
  }

  // The next character that is no space; stands at it.
  char peek() {
    skip_space();
    if (position_ == text_.size()) refuse("the file ends (cut short?)");
    return text_[position_];
  }

  void skip_space() {
    position_ = std::min(text_.find_first_not_of(" \t\r\n", position_), text_.size());
  }

  void expect(char wanted) {
    if (peek() != wanted) refuse(fmt::format("expected '{}'", wanted));
    ++position_;
  }

  // Between values: whether another one follows.
  bool take_comma(char close) {
    if (peek() == close) return false;
    expect(',');
    return true;
  }

  // From the character that it stands at to the end of the value that begins there.
  std::string_view cut_value() {
    const size_t start = position_;
    uint64_t depth = 0;
    do {
      // Inside of brackets only brackets and quotes count.
      const char* marks = depth > 0 ? "\"[]{}" : ",\"[]{} \t\r\n";
      const size_t mark = std::min(text_.find_first_of(marks, position_), text_.size());
      const bool is_scalar = depth == 0 && mark > position_;
      position_ = mark;
      if (is_scalar) break;
      if (position_ == text_.size()) refuse("the file ends (cut short?)");
      const char c = text_[position_];
      if (c == '"') {
        skip_string();
      } else if (c == '[' || c == '{') {
        ++depth;
        ++position_;
      } else if (depth > 0) {
        --depth;
        ++position_;
      } else {
        refuse("expected a value");
      }
    } while (depth > 0);
    return text_.substr(start, position_ - start);
  }

  void skip_string() {
    ++position_;
    while (true) {
      position_ = std::min(text_.find_first_of("\"\\", position_), text_.size());
      if (position_ == text_.size()) refuse("the file ends in a string (cut short?)");
      if (text_[position_] == '"') break;
      position_ = std::min(position_ + 2, text_.size());
    }
    ++position_;
  }

  [[noreturn]] void refuse(std::string_view reason) const {
    const auto line =
        1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(position_), '\n');
    fail(ErrorCode::kBadData, "{}:{}: not valid JSON {}: {}", name_, line, where_, reason);
  }

  std::string_view text_;
  const std::string& name_;
  const OnJsonEntry& on_entry_;
  const OnJsonValue& on_value_;
  std::vector<std::string> lists_;
  std::string where_;
  size_t position_ = 0;
};

}  // namespace

std::vector<std::string> read_json_lists(std::string_view text, const std::string& name,
                                         const OnJsonEntry& on_entry, const OnJsonValue& on_value) {
  return ListCutter(text, name, on_entry, on_value).cut();
}

}  // namespace clipstill::data
