// clipstill completions: a script for the user's shell.
#include "cli/completions.h"
#include "cli/context.h"
#include "clipstill/commands.h"
#include "core/error.h"

namespace clipstill::cli {
namespace {

class Completions final : public Command {
 public:
  explicit Completions(const CommandGroup& root)
      : Command("completions", "Print a completion script for bash, zsh or fish"), root_(root) {
    positional("shell", shell_, "bash, zsh or fish: eval \"$(clipstill completions bash)\"");
  }

  void run(Context& context) override { context.print(completion_script(root_, shell())); }

 private:
  Shell shell() const {
    if (shell_ == "bash") return Shell::kBash;
    if (shell_ == "zsh") return Shell::kZsh;
    if (shell_ == "fish") return Shell::kFish;
    fail(ErrorCode::kUsage, "completions: expected bash, zsh or fish, found \"{}\"", shell_);
  }

  const CommandGroup& root_;
  std::string shell_;
};

}  // namespace

void register_completions(CommandGroup& root) {
  root.add<Completions>(root);
}

}  // namespace clipstill::cli
