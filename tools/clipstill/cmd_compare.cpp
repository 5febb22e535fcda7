#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdio>
#include <ctime>
#include <fstream>

#include "cli/context.h"
#include "clipstill/training_commands.h"
#include "core/interrupt.h"
#include "core/machine.h"
#include "core/parallel.h"
#include "core/shell.h"
#include "train/compare.h"
#include "train/threads.h"

namespace clipstill::cli {
namespace {

std::string cpu_model() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown CPU";
}

// Of the working copy that the command runs in; empty outside of one.
std::string git_commit() {
  std::string commit;
  if (FILE* pipe = ::popen("git describe --always --dirty 2>/dev/null", "r")) {
    char buffer[128];
    while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) commit += buffer;
    ::pclose(pipe);
  }
  while (!commit.empty() && commit.back() == '\n') commit.pop_back();
  return commit;
}

class Compare final : public Command {
 public:
  Compare() : Command("compare", "Train a student in several ways and report what each keeps") {
    train::declare_options(options(), compare_);
    train::declare_options(options(), config_);
    take_config(Need::kRequired, {"variant", "sweep"});
    offer_json();
  }

  void run(Context& context) override {
    train::set_threads(config_.train.threads);
    install_interrupt_handlers();
    const auto variants = train::read_variants(config_path(), given());
    const train::Provenance provenance{
        command_line(),
        fmt::format("{}, {} threads{}", cpu_model(), available_threads(),
                    has_bfloat16() ? "" : ", no bfloat16"),
        git_commit(), fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::time(nullptr)))};
    const auto comparison = train::compare(config_, compare_, variants, provenance);
    const auto report = std::filesystem::path(compare_.out) / "report" / "report.html";
    context.print_result(Json::parse(report::to_json(comparison)),
                         fmt::format("{}\n{}\n\nreport: {}", report::text_table(comparison),
                                     report::verdict(comparison), report.string()));
    train::require_none_failed(comparison);
  }

 private:
  // As it was given, so that the report can be made again.
  std::string command_line() const {
    StringList words{"clipstill", "compare", config_path()};
    for (const auto& [key, value] : given()) words.push_back(key + "=" + value);
    return shell_command(words);
  }

  train::CompareOptions compare_;
  train::RunConfig config_;
};

}  // namespace

void register_compare(CommandGroup& root) {
  root.add<Compare>();
}

}  // namespace clipstill::cli
