// How a subcommand is declared.
//
// To add one: write `tools/clipstill/cmd_<name>.cpp` with a class like this and a register
// function; list the file in tools/CMakeLists.txt; add one line to tools/clipstill/commands.cpp.
//
//   class Stats final : public Command {
//    public:
//     Stats() : Command("stats", "Count the pairs of a data set by language and split") {
//       positional("data", data_, "pairs: a file or a folder");
//       options().add("split", split_, "only this split");     // flag --split
//       offer_json();                                          // flag --json
//     }
//     void run(Context& context) override {
//       ...work; throw clipstill::Error for what goes wrong...
//       context.print_result(json, text);
//     }
//    private:
//     std::string data_, split_;
//   };
//
//   void register_data(CommandGroup& root) {
//     auto& data = root.group("data", "Read, check and pack image-text pairs");
//     data.add<Stats>();
//   }
//
// Results go through Context to stdout. Progress and log messages reach stderr by themselves
// (core/progress.h, core/log.h). Long work that polls interrupt_requested() calls
// install_interrupt_handlers() when its run() begins.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/options.h"

namespace clipstill::cli {

class Context;

/// Whether an argument may be left out.
enum class Need { kRequired, kOptional };

struct Positional {
  std::string name;
  std::string help;
  std::variant<std::string*, StringList*> target;  // a list takes all that follow
  Need need;
};

/// One subcommand. Its members hold the values that the command line sets.
class Command {
 public:
  Command(std::string name, std::string summary)
      : name_(std::move(name)), summary_(std::move(summary)) {}
  virtual ~Command() = default;
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  /// Does the work. Throws clipstill::Error; its code becomes the exit code.
  virtual void run(Context& context) = 0;

  const std::string& name() const { return name_; }
  const std::string& summary() const { return summary_; }
  const std::vector<Positional>& positionals() const { return positionals_; }
  /// Every option here is a flag `--<key>`, and a key of the config file where there is one.
  OptionSet& options() { return options_; }
  const OptionSet& options() const { return options_; }
  /// Keys and values (as TOML) of the options that the command line set, in their order.
  std::vector<std::pair<std::string, std::string>> given() const;
  bool offers_json() const { return offers_json_; }
  bool takes_config() const { return takes_config_; }
  Need config_need() const { return config_need_; }
  const StringList& reserved_keys() const { return reserved_keys_; }
  /// The config file that was given; empty without one.
  const std::string& config_path() const { return config_path_; }
  void set_config_path(std::string path) { config_path_ = std::move(path); }

 protected:
  void positional(std::string name, std::string& member, std::string help,
                  Need need = Need::kRequired);
  void positional(std::string name, StringList& member, std::string help,
                  Need need = Need::kRequired);
  /// After the positionals the command takes a TOML file and `key=value` overrides of it.
  /// Top-level keys in `reserved_keys` are left to the command (read_option_tables()).
  void take_config(Need need, StringList reserved_keys = {});
  /// Adds --json: print_result() then prints JSON instead of text.
  void offer_json() { offers_json_ = true; }

 private:
  std::string name_, summary_;
  std::vector<Positional> positionals_;
  OptionSet options_;
  bool offers_json_ = false;
  bool takes_config_ = false;
  Need config_need_ = Need::kOptional;
  StringList reserved_keys_;
  std::string config_path_;
};

/// A name whose arguments are handed over unread: a command of the other executable, or one
/// that this build lacks.
struct Delegate {
  std::string name, summary;
  std::function<void(const StringList& arguments)> run;
};

/// Commands and groups of them below one word (`clipstill data …`).
class CommandGroup {
 public:
  CommandGroup(std::string name, std::string summary)
      : name_(std::move(name)), summary_(std::move(summary)) {}
  CommandGroup(const CommandGroup&) = delete;
  CommandGroup& operator=(const CommandGroup&) = delete;

  CommandGroup& group(std::string name, std::string summary);
  template <class CommandType, class... Args>
  void add(Args&&... args) {
    commands_.push_back(std::make_unique<CommandType>(std::forward<Args>(args)...));
  }
  /// Only at the top level.
  void delegate(Delegate delegate) { delegates_.push_back(std::move(delegate)); }

  const std::string& name() const { return name_; }
  const std::string& summary() const { return summary_; }
  const std::vector<std::unique_ptr<CommandGroup>>& groups() const { return groups_; }
  const std::vector<std::unique_ptr<Command>>& commands() const { return commands_; }
  const std::vector<Delegate>& delegates() const { return delegates_; }

 private:
  std::string name_, summary_;
  std::vector<std::unique_ptr<CommandGroup>> groups_;
  std::vector<std::unique_ptr<Command>> commands_;
  std::vector<Delegate> delegates_;
};

}  // namespace clipstill::cli
