#include "cli/parser.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <deque>

#include "core/error.h"
#include "core/files.h"

namespace clipstill::cli {
namespace {

constexpr int kHelpColumn = 36;

// What stands after the flag in the help: the kind of value and the default.
std::string value_text(const OptionSpec& spec) {
  if (std::holds_alternative<bool*>(spec.target)) {
    return std::get<bool>(spec.default_value) ? fmt::format("(on; --{}=false)", spec.key) : " ";
  }
  const std::string value = format_option(spec.default_value);
  const bool is_empty = value == "\"\"" || value == "[]";
  return spec.describe_type() + (is_empty ? "" : fmt::format(" [{}]", value));
}

// Options of one config table stand together in the help.
std::string help_group(const OptionSpec& spec) {
  const size_t dot = spec.key.find('.');
  return dot == std::string::npos ? "Options" : fmt::format("[{}]", spec.key.substr(0, dot));
}

// CLI11 takes a word like "[a,b]" apart where a list may stand, and looks for options after "--"
// once a list has begun; a first byte that no argument has keeps such words whole.
constexpr char kGuard = '\x01';

StringList guarded(const StringList& words) {
  StringList out;
  bool after_dashes = false;
  for (const auto& word : words) {
    if (!after_dashes && word == "--") {
      after_dashes = true;
    } else {
      out.push_back(after_dashes || word.starts_with('[') ? kGuard + word : word);
    }
  }
  return out;
}

StringList unguarded(StringList words) {
  for (auto& word : words) {
    if (word.starts_with(kGuard)) word.erase(0, 1);
  }
  return words;
}

// The CLI11 mirror of one command, and the text it gathers for the OptionSet.
class BoundCommand {
 public:
  BoundCommand(Command& command, CLI::App& group)
      : command_(command), app_(*group.add_subcommand(command.name(), command.summary())) {
    for (const auto& positional : command.positionals()) bind(positional);
    if (command.takes_config()) bind_config();
    for (const auto& spec : command.options().specs()) bind(*spec);
    if (command.offers_json()) app_.add_flag("--json", json_, "Print results as JSON");
    app_.add_flag("--quiet,-q", quiet_, "Show no progress; only warnings and errors");
  }

  const CLI::App& app() const { return app_; }

  Invocation apply() {
    apply_positionals();
    apply_config();
    apply_flags();
    return {&command_, json_, quiet_};
  }

 private:
  void bind(const Positional& positional) {
    const bool is_required = positional.need == Need::kRequired;
    auto* option = app_.add_option(positional.name, CLI::callback_t(), positional.help);
    if (std::holds_alternative<StringList*>(positional.target)) take_all(*option);
    option->required(is_required)->option_text(is_required ? " " : "(optional)");
    positionals_.emplace_back(option, &positional);
  }

  void bind(const OptionSpec& spec) {
    const std::string name = "--" + spec.key, help = spec.describe();
    auto* flag = std::holds_alternative<bool*>(spec.target)
                     ? app_.add_flag(name, help)
                     : app_.add_option(name, CLI::callback_t(), help);
    flag->option_text(value_text(spec))->group(help_group(spec));
    flag->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    flags_.emplace_back(flag, &spec);
  }

  void bind_config() {
    config_ =
        app_.add_option("config", CLI::callback_t(), "TOML file, then key=value overrides of it");
    take_all(*config_);
    config_->option_text("[key=value ...]");
    config_->required(command_.config_need() == Need::kRequired);
  }

  static void take_all(CLI::Option& option) {
    option.expected(1, CLI::detail::expected_max_vector_size)->allow_extra_args();
    option.multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }

  void apply_positionals() {
    for (const auto& [option, positional] : positionals_) {
      const StringList words = unguarded(option->results());
      if (words.empty()) continue;
      if (const auto* list = std::get_if<StringList*>(&positional->target)) {
        **list = words;
      } else {
        *std::get<std::string*>(positional->target) = words.front();
      }
    }
  }

  void apply_config() {
    if (config_ == nullptr) return;
    const StringList words = unguarded(config_->results());
    auto next = words.begin();
    std::error_code ignored;  // of an override, which no path need be
    if (next != words.end() &&
        (next->find('=') == std::string::npos || fs::exists(*next, ignored))) {
      command_.set_config_path(*next);
      command_.options().load_toml(*next, command_.reserved_keys());
      ++next;
    } else if (command_.config_need() == Need::kRequired) {
      fail(ErrorCode::kUsage, "{}: expected a TOML file before the overrides", kCommandLine);
    }
    for (; next != words.end(); ++next) command_.options().assign_override(*next, kCommandLine);
  }

  void apply_flags() {
    for (const auto& [flag, spec] : flags_) {
      if (flag->count() == 0) continue;
      if (spec->origin == kCommandLine) {
        fail(ErrorCode::kUsage, "{}: given twice, as --{} and as {}=", kCommandLine, spec->key,
             spec->key);
      }
      command_.options().assign(spec->key, unguarded(flag->results()).back(), kCommandLine);
    }
  }

  Command& command_;
  CLI::App& app_;
  std::vector<std::pair<CLI::Option*, const Positional*>> positionals_;
  std::vector<std::pair<CLI::Option*, const OptionSpec*>> flags_;
  CLI::Option* config_ = nullptr;
  bool json_ = false, quiet_ = false;
};

class Parser {
 public:
  Parser(CommandGroup& root, const std::string& version) : app_(root.summary(), root.name()) {
    app_.get_formatter()->column_width(kHelpColumn);
    app_.get_formatter()->label("SUBCOMMAND", "COMMAND");
    app_.get_formatter()->label("Subcommands", "Commands");
    app_.set_help_flag("--help,-h", "Show this help");
    app_.set_version_flag("--version", version, "Show versions");
    bind(root, app_);
    for (const auto& delegate : root.delegates()) {
      app_.add_subcommand(delegate.name, delegate.summary)->group("Commands");
    }
  }

  std::variant<Invocation, Notice> parse(StringList arguments) {
    arguments = guarded(arguments);
    std::reverse(arguments.begin(), arguments.end());  // the order that CLI11 wants
    try {
      app_.parse(std::move(arguments));
    } catch (const CLI::CallForHelp&) {
      const CLI::App* group = deepest().get_parent();
      return Notice{deepest().help(group == nullptr ? "" : full_name(*group))};
    } catch (const CLI::CallForVersion& version) {
      return Notice{std::string(version.what()) + "\n"};
    } catch (const CLI::ParseError& error) {
      explain(error);
    }
    return std::find_if(commands_.begin(), commands_.end(),
                        [&](const BoundCommand& bound) { return &bound.app() == &deepest(); })
        ->apply();
  }

 private:
  void bind(CommandGroup& group, CLI::App& app) {
    app.require_subcommand(1);
    for (const auto& child : group.groups()) {
      bind(*child, *app.add_subcommand(child->name(), child->summary()));
    }
    for (const auto& command : group.commands()) {
      commands_.emplace_back(*command, app);
    }
    for (auto* child : app.get_subcommands({})) child->group("Commands");
  }

  // The innermost command or group that the arguments named.
  const CLI::App& deepest() const {
    const CLI::App* app = &app_;
    while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
    return *app;
  }

  static std::string full_name(const CLI::App& app) {
    const CLI::App* parent = app.get_parent();
    return parent == nullptr ? app.get_name() : full_name(*parent) + " " + app.get_name();
  }

  [[noreturn]] void explain(const CLI::ParseError& error) const {
    const CLI::App& app = deepest();
    const std::string name = full_name(app);
    StringList commands, flags;
    for (const auto* child : app.get_subcommands([](const CLI::App*) { return true; })) {
      commands.push_back(child->get_name());
    }
    for (const auto* option : app.get_options()) {
      for (const auto& flag : option->get_lnames()) flags.push_back("--" + flag);
    }
    const StringList left = unguarded(app_.remaining(/*recurse=*/true));
    if (!left.empty()) {
      const std::string word = left.front().substr(0, left.front().find('='));
      const bool is_flag = word.starts_with('-');
      const std::string near = nearest_name(word, is_flag ? flags : commands);
      const char* what = is_flag ? "option" : commands.empty() ? "argument" : "command";
      fail(ErrorCode::kUsage, "unknown {} \"{}\"{}; see {} --help", what, left.front(),
           near.empty() ? "" : fmt::format(", did you mean {}?", near), name);
    }
    if (!commands.empty()) {
      fail(ErrorCode::kUsage, "expected a command: {}; see {} --help", fmt::join(commands, ", "),
           name);
    }
    fail(ErrorCode::kUsage, "{}; see {} --help", error.what(), name);
  }

  CLI::App app_;
  std::deque<BoundCommand> commands_;
};

}  // namespace

std::variant<Invocation, Notice> parse_command_line(CommandGroup& root, const std::string& version,
                                                    const StringList& arguments) {
  return Parser(root, version).parse(arguments);
}

}  // namespace clipstill::cli
