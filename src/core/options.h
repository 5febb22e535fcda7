// Every option is declared once: `set.add("train.lr", options.lr, "peak learning rate")
// .range(0, 10)`. From that one line come the command-line flag, the TOML key, validation,
// the help text and the fully resolved config that is written beside every run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace clipstill {

using StringList = std::vector<std::string>;
using NumberList = std::vector<double>;

/// Pointers to the members that an option writes; the member's value at declaration is the default.
using OptionTarget = std::variant<bool*, int64_t*, double*, std::string*, StringList*, NumberList*>;
using OptionValue = std::variant<bool, int64_t, double, std::string, StringList, NumberList>;

inline constexpr std::string_view kCommandLine = "command line";

struct OptionSpec {
  std::string key;   // dotted path: "train.lr" is key lr in TOML table [train]
  std::string help;  // one sentence; unit included
  OptionTarget target;
  OptionValue default_value;
  std::optional<double> minimum, maximum;  // inclusive; for lists: of every element
  StringList choices;                      // for strings
  bool is_set = false;                     // by file, override or flag
  std::string origin;                      // "configs/emoji.toml:12", kCommandLine

  /// The help sentence with the range: "peak learning rate (0 to 10)".
  std::string describe() const;
  /// What a value looks like: "number", "integer", "native|distil", "text,...".
  std::string describe_type() const;
};

class OptionSet {
 public:
  /// Fluent refinements of the option that was just declared.
  class Declaration {
   public:
    explicit Declaration(OptionSpec& spec) : spec_(spec) {}
    Declaration& range(double minimum, double maximum);
    Declaration& choices(StringList values);

   private:
    OptionSpec& spec_;
  };

  template <class T>
  Declaration add(std::string key, T& member, std::string help) {
    return declare(std::move(key), OptionTarget(&member), std::move(help));
  }

  /// Reads TOML; nested tables become dotted keys. An unknown key, a wrong type or a value
  /// out of range is kUsage naming file, line, key, what was expected, and the nearest key.
  /// Top-level keys listed in `reserved` are left to the caller (for example "variant").
  void load_toml(const std::filesystem::path& path, const StringList& reserved = {});
  /// As load_toml, from text; `origin` stands for the path in messages.
  void load_toml_text(std::string_view text, std::string_view origin,
                      const StringList& reserved = {});

  /// Sets one key from text in TOML value syntax; bare words are taken as strings
  /// ("train.lr=3e-4", "data.languages=[\"en\",\"zh\"]", "data.languages=en,zh"). Same errors as
  /// load_toml(), with `origin` in place of file and line.
  void assign(std::string_view key, std::string_view value, std::string_view origin);
  /// assign() for one "key=value".
  void assign_override(std::string_view assignment, std::string_view origin = kCommandLine);

  /// Resolved values of all options as commented TOML, tables in order of first declaration.
  /// Reading it back gives the same values bit for bit.
  std::string to_toml(bool with_help = true) const;

  const std::vector<std::unique_ptr<OptionSpec>>& specs() const { return specs_; }
  const OptionSpec* find(std::string_view key) const;
  /// Nearest declared key by edit distance; empty if nothing is close.
  std::string nearest(std::string_view key) const;

 private:
  Declaration declare(std::string key, OptionTarget target, std::string help);
  OptionSpec& require(std::string_view key, std::string_view origin);
  std::vector<std::unique_ptr<OptionSpec>> specs_;
};

/// One table of an array of tables ([[variant]]), its values as text for OptionSet::assign().
struct OptionTable {
  struct Value {
    std::string key, text, origin;
  };
  std::vector<Value> values;
  std::string origin;
};

/// Reads the array of tables `name` of a TOML file; empty if there is none. kUsage if `name` is
/// something else.
std::vector<OptionTable> read_option_tables(const std::filesystem::path& path,
                                            const std::string& name);

/// TOML text of a value; numbers in the shortest form that reads back the same.
std::string format_option(const OptionValue& value);

/// Nearest of `candidates` to `word` by edit distance; empty if nothing is close enough to suggest.
std::string nearest_name(std::string_view word, const StringList& candidates);

}  // namespace clipstill
