#include "cli/command.h"

namespace clipstill::cli {

std::vector<std::pair<std::string, std::string>> Command::given() const {
  std::vector<std::pair<std::string, std::string>> given;
  for (const auto& spec : options_.specs()) {
    if (spec->origin != kCommandLine) continue;
    const auto value =
        std::visit([](auto* member) -> OptionValue { return *member; }, spec->target);
    given.emplace_back(spec->key, format_option(value));
  }
  return given;
}

void Command::positional(std::string name, std::string& member, std::string help, Need need) {
  positionals_.push_back({std::move(name), std::move(help), &member, need});
}

void Command::positional(std::string name, StringList& member, std::string help, Need need) {
  positionals_.push_back({std::move(name), std::move(help), &member, need});
}

void Command::take_config(Need need, StringList reserved_keys) {
  takes_config_ = true;
  config_need_ = need;
  reserved_keys_ = std::move(reserved_keys);
}

CommandGroup& CommandGroup::group(std::string name, std::string summary) {
  groups_.push_back(std::make_unique<CommandGroup>(std::move(name), std::move(summary)));
  return *groups_.back();
}

}  // namespace clipstill::cli
