// The TOML side of OptionSet: reading, validation with file and line, and writing.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <sstream>

#include "core/error.h"
#include "core/files.h"
#include "core/option_grid.h"
#include "core/options.h"
#include "core/toml.h"
#include "core/trimmed.h"

namespace clipstill {
namespace {

constexpr uint64_t kMaxConfigBytes = 1 << 20;

struct TypeNameOf {
  const char* operator()(bool*) const { return "true or false"; }
  const char* operator()(int64_t*) const { return "an integer"; }
  const char* operator()(double*) const { return "a number"; }
  const char* operator()(std::string*) const { return "a string"; }
  const char* operator()(StringList*) const { return "a list of strings"; }
  const char* operator()(NumberList*) const { return "a list of numbers"; }
};

// Reads `node` into `out`; false if the type does not fit. Integers are taken where a number is
// expected, and one element where a list is.
bool read(const toml::node& node, bool& out) {
  if (!node.is_boolean()) return false;
  out = node.as_boolean()->get();
  return true;
}
bool read(const toml::node& node, int64_t& out) {
  if (!node.is_integer()) return false;
  out = node.as_integer()->get();
  return true;
}
bool read(const toml::node& node, double& out) {
  if (const auto* integer = node.as_integer()) {
    out = static_cast<double>(integer->get());  // the nearest, as of a number with a point
    return true;
  }
  if (!node.is_floating_point()) return false;
  out = node.as_floating_point()->get();
  return std::isfinite(out);
}
bool read(const toml::node& node, std::string& out) {
  if (!node.is_string()) return false;
  out = node.as_string()->get();
  return true;
}
template <class T>
bool read(const toml::node& node, std::vector<T>& out) {
  out.clear();
  const auto* array = node.as_array();
  if (array == nullptr) {
    T element{};
    if (!read(node, element)) return false;
    out.push_back(element);
    return true;
  }
  for (const auto& item : *array) {
    T element{};
    if (!read(item, element)) return false;
    out.push_back(element);
  }
  return true;
}

void check_number(const OptionSpec& spec, double value, std::string_view origin) {
  if (spec.minimum && (value < *spec.minimum || value > *spec.maximum)) {
    fail(ErrorCode::kUsage, "{}: {} must be from {} to {}, found {}", origin, spec.key,
         *spec.minimum, *spec.maximum, value);
  }
}

void check_choice(const OptionSpec& spec, const std::string& value, std::string_view origin) {
  if (spec.choices.empty() ||
      std::find(spec.choices.begin(), spec.choices.end(), value) != spec.choices.end()) {
    return;
  }
  const auto near = nearest_name(value, spec.choices);
  fail(ErrorCode::kUsage, "{}: {} must be one of {}; found \"{}\"{}", origin, spec.key,
       fmt::join(spec.choices, ", "), value,
       near.empty() ? "" : fmt::format(", did you mean \"{}\"?", near));
}

void check(const OptionSpec&, bool, std::string_view) {}
void check(const OptionSpec& spec, int64_t value, std::string_view origin) {
  check_number(spec, static_cast<double>(value), origin);
}
void check(const OptionSpec& spec, double value, std::string_view origin) {
  check_number(spec, value, origin);
}
void check(const OptionSpec& spec, const std::string& value, std::string_view origin) {
  check_choice(spec, value, origin);
}
template <class T>
void check(const OptionSpec& spec, const std::vector<T>& values, std::string_view origin) {
  for (const auto& value : values) check(spec, value, origin);
}

// A value as TOML in one line; tables, which no option takes, as {...}. Numbers have as many digits
// as they need (toml++ writes 4e-3 as 0.0040000000000000001), and a point. toml++'s own way to
// write a list takes the logarithm of its numbers for their width, which is undefined below 1.
std::string toml_text(const toml::node& node) {
  if (node.is_table()) return "{...}";
  if (const auto* number = node.as_floating_point()) return fmt::format("{:#}", number->get());
  if (const auto* array = node.as_array()) {
    StringList items;
    for (const auto& item : *array) items.push_back(toml_text(item));
    return fmt::format("[{}]", fmt::join(items, ", "));
  }
  std::ostringstream out;
  out << toml::toml_formatter{node};
  return out.str();
}

void store(OptionSpec& spec, const toml::node& node, std::string_view origin) {
  std::visit(
      [&](auto* member) {
        auto value = *member;
        if (!read(node, value)) {
          fail(ErrorCode::kUsage, "{}: {} must be {}, found {}", origin, spec.key,
               TypeNameOf{}(member), toml_text(node));
        }
        check(spec, value, origin);
        *member = std::move(value);
      },
      spec.target);
  spec.is_set = true;
  spec.origin = origin;
}

toml::table parse(std::string_view text, std::string_view origin) {
  try {
    return toml::parse(text, origin);
  } catch (const toml::parse_error& error) {
    fail(ErrorCode::kUsage, "{}:{}:{}: not valid TOML: {}", origin, error.source().begin.line,
         error.source().begin.column, error.description());
  }
}

std::string location(std::string_view origin, const toml::node& node) {
  return fmt::format("{}:{}", origin, node.source().begin.line);
}

// Calls visit(dotted key, value) for every leaf below `table`; an empty table is a leaf.
void walk(const toml::table& table, const std::string& prefix,
          const std::function<void(const std::string&, const toml::node&)>& visit) {
  for (const auto& [name, node] : table) {
    const std::string key = prefix + std::string(name.str());
    if (const auto* child = node.as_table(); child != nullptr && !child->empty()) {
      walk(*child, key + '.', visit);
    } else {
      visit(key, node);
    }
  }
}

// Removes a dotted key; nothing where it is not there.
void erase(toml::table& table, std::string_view key) {
  const size_t dot = key.find('.');
  if (dot == std::string_view::npos) {
    table.erase(key);
  } else if (auto* child = table[key.substr(0, dot)].as_table(); child != nullptr) {
    erase(*child, key.substr(dot + 1));
  }
}

std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string format_value(bool value) {
  return value ? "true" : "false";
}
std::string format_value(int64_t value) {
  return fmt::format("{}", value);
}
std::string format_value(double value) {  // shortest form that reads back to the same value
  auto text = fmt::format("{}", value);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}
std::string format_value(const std::string& value) {
  return toml_string(value);
}
template <class T>
std::string format_value(const std::vector<T>& values) {
  std::vector<std::string> parts;
  for (const auto& value : values) parts.push_back(format_value(value));
  return fmt::format("[{}]", fmt::join(parts, ", "));
}

bool has_toml_syntax(std::string_view value) {
  return value.starts_with('"') || value.starts_with('\'') || value.starts_with('[');
}

// What assign() reads back as this value: a bare string where it takes it for one, a number without
// a point where it needs none, else TOML.
std::string assignable(const toml::node& value) {
  if (const auto* number = value.as_floating_point()) return fmt::format("{}", number->get());
  const auto* text = value.as_string();
  const bool is_bare = text != nullptr && !has_toml_syntax(text->get());
  return is_bare ? text->get() : toml_text(value);
}

// The TOML spelling of a value that was typed without TOML's quotes and brackets: "en, zh" is the
// list ["en", "zh"]. Blanks that count need TOML's quotes.
std::string as_toml(const OptionSpec& spec, std::string_view value) {
  if (has_toml_syntax(value)) return std::string(value);
  if (std::holds_alternative<std::string*>(spec.target)) return toml_string(value);
  const bool of_strings = std::holds_alternative<StringList*>(spec.target);
  if (!of_strings && !std::holds_alternative<NumberList*>(spec.target)) return std::string(value);
  StringList items;
  std::istringstream words{std::string(value)};
  for (std::string word; std::getline(words, word, ',');) {
    items.push_back(of_strings ? toml_string(trimmed(word)) : word);
  }
  return fmt::format("[{}]", fmt::join(items, ", "));
}

std::string table_of(const std::string& key) {
  const size_t dot = key.rfind('.');
  return dot == std::string::npos ? std::string() : key.substr(0, dot);
}

std::string comment(const OptionSpec& spec) {
  std::string text = "# " + spec.describe();
  if (!spec.choices.empty()) text += fmt::format(": {}", spec.describe_type());
  return text + "\n";
}

}  // namespace

std::string format_option(const OptionValue& value) {
  return std::visit([](const auto& v) { return format_value(v); }, value);
}

OptionSpec& OptionSet::require(std::string_view key, std::string_view origin) {
  for (auto& spec : specs_) {
    if (spec->key == key) return *spec;
  }
  const auto near = nearest(key);
  fail(ErrorCode::kUsage, "{}: unknown key {}{}", origin, key,
       near.empty() ? "" : fmt::format("; did you mean {}?", near));
}

void OptionSet::load_toml(const std::filesystem::path& path, const StringList& reserved) {
  load_toml_text(read_file(path, kMaxConfigBytes), path.string(), reserved);
}

void OptionSet::load_toml_text(std::string_view text, std::string_view origin,
                               const StringList& reserved) {
  auto table = parse(text, origin);
  for (const auto& name : reserved) erase(table, name);
  const auto is_section = [&](const std::string& key) {
    return std::any_of(specs_.begin(), specs_.end(),
                       [&](const auto& spec) { return spec->key.starts_with(key + "."); });
  };
  walk(table, "", [&](const std::string& key, const toml::node& node) {
    if (node.is_table() && is_section(key)) return;
    const auto where = location(origin, node);
    store(require(key, where), node, where);
  });
}

void OptionSet::assign(std::string_view key, std::string_view value, std::string_view origin) {
  auto& spec = require(key, origin);
  toml::table table;
  try {
    table = toml::parse(fmt::format("value = {}", as_toml(spec, value)));
  } catch (const toml::parse_error&) {
    table.clear();
  }
  if (table.size() != 1) {
    fail(ErrorCode::kUsage, "{}: {} must be {}, found \"{}\"", origin, key,
         std::visit(TypeNameOf{}, spec.target), value);
  }
  store(spec, table.begin()->second, origin);
}

std::string OptionSet::to_toml(bool with_help) const {
  // A table is written in one piece. Keys without one come first: TOML has no way back to the
  // top level.
  StringList tables{""};
  for (const auto& spec : specs_) {
    const auto table = table_of(spec->key);
    if (std::find(tables.begin(), tables.end(), table) == tables.end()) tables.push_back(table);
  }
  std::string text;
  for (const auto& table : tables) {
    if (!table.empty()) text += fmt::format("{}[{}]\n", text.empty() ? "" : "\n", table);
    for (const auto& spec : specs_) {
      if (table_of(spec->key) != table) continue;
      if (with_help) text += comment(*spec);
      const auto value =
          std::visit([](const auto* member) { return format_value(*member); }, spec->target);
      const auto name = spec->key.substr(table.empty() ? 0 : table.size() + 1);
      text += fmt::format("{} = {}\n", name, value);
    }
  }
  return text;
}

std::vector<OptionTable> read_option_tables(const std::filesystem::path& path,
                                            const std::string& name) {
  const auto document = parse(read_file(path, kMaxConfigBytes), path.string());
  const auto* node = document.get(name);
  if (node == nullptr) return {};
  if (!node->is_array_of_tables()) {
    fail(ErrorCode::kUsage, "{}: {} must be an array of tables, written [[{}]]",
         location(path.string(), *node), name, name);
  }
  std::vector<OptionTable> tables;
  for (const auto& element : *node->as_array()) {
    auto& out = tables.emplace_back();
    out.origin = location(path.string(), element);
    walk(*element.as_table(), "", [&](const std::string& key, const toml::node& value) {
      out.values.push_back({key, assignable(value), location(path.string(), value)});
    });
  }
  return tables;
}

std::vector<OptionAxis> read_option_grid(const std::filesystem::path& path,
                                         const std::string& table) {
  const auto document = parse(read_file(path, kMaxConfigBytes), path.string());
  const auto node = document.at_path(table);
  if (!node) return {};
  if (!node.is_table()) {
    fail(ErrorCode::kUsage, "{}: {} must be a table of lists, written [{}]",
         location(path.string(), *node.node()), table, table);
  }
  struct Placed {
    toml::source_position at;
    OptionAxis axis;
  };
  std::vector<Placed> found;
  if (!node.as_table()->empty()) {
    walk(*node.as_table(), "", [&](const std::string& key, const toml::node& value) {
      const auto origin = location(path.string(), value);
      const auto* values = value.as_array();
      if (values == nullptr) {
        fail(ErrorCode::kUsage, "{}: {} must be a list of values to try, found {}", origin, key,
             toml_text(value));
      }
      auto& axis = found.emplace_back(Placed{value.source().begin, {key, {}, origin}}).axis;
      for (const auto& one : *values) axis.values.push_back(assignable(one));
    });
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return std::pair(a.at.line, a.at.column) < std::pair(b.at.line, b.at.column);
  });
  std::vector<OptionAxis> axes;
  for (auto& one : found) axes.push_back(std::move(one.axis));
  return axes;
}

}  // namespace clipstill
