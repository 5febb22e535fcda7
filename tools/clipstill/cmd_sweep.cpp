#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "cli/context.h"
#include "clipstill/training_commands.h"
#include "core/error.h"
#include "core/interrupt.h"
#include "core/option_grid.h"
#include "train/sweep.h"
#include "train/threads.h"

namespace clipstill::cli {
namespace {

class Sweep final : public Command {
 public:
  Sweep() : Command("sweep", "Train a grid of settings and rank it by the validation score") {
    train::declare_options(options(), sweep_);
    train::declare_options(options(), config_);
    take_config(Need::kRequired, {"compare", "variant", "sweep.grid"});
    offer_json();
  }

  void run(Context& context) override {
    train::set_threads(config_.train.threads);
    install_interrupt_handlers();
    const auto variants = sweep_.variant.empty() ? std::vector<train::VariantSpec>()
                                                 : train::read_variants(config_path(), given());
    const auto ranked = train::sweep(config_, sweep_, grid(), variants, config_path());
    const auto report = std::filesystem::path(sweep_.out) / "sweep.html";
    context.print_result(
        Json::parse(train::to_json(ranked)),
        fmt::format("{}\nRanked by the validation score; the test data was not looked at. The best "
                    "one:\n  {}\n\nreport: {}",
                    format_table(train::table_rows(ranked)),
                    ranked.command.empty() ? "none" : ranked.command, report.string()));
    train::require_none_failed(ranked);
  }

 private:
  // What the command line sets stands above the config, so that a grid of it would be one point.
  std::vector<OptionAxis> grid() const {
    auto axes = read_option_grid(config_path(), "sweep.grid");
    for (const auto& [key, value] : given()) {
      const auto axis = std::ranges::find(axes, key, &OptionAxis::key);
      if (axis == axes.end()) continue;
      fail(ErrorCode::kUsage,
           "{}: {} = {}, but it is an axis of the grid ({}); take it out of one of them",
           kCommandLine, key, value, axis->origin);
    }
    return axes;
  }

  train::SweepOptions sweep_;
  train::RunConfig config_;
};

}  // namespace

void register_sweep(CommandGroup& root) {
  root.add<Sweep>();
}

}  // namespace clipstill::cli
