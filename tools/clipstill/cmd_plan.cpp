#include <fmt/format.h>

#include "cli/context.h"
#include "clipstill/propose.h"
#include "clipstill/training_commands.h"
#include "core/error.h"
#include "core/machine.h"
#include "report/format.h"
#include "train/plan.h"
#include "train/threads.h"

namespace clipstill::cli {
namespace {

constexpr double kGB = 1e9;

double gb(int64_t bytes) {
  return static_cast<double>(bytes) / kGB;
}

class Plan final : public Command {
 public:
  Plan()
      : Command("plan",
                "Predict time, memory and disk of a config, or propose students within a budget") {
    options().add("hours", hours_, "time there is; 0 = any").range(0, 1e6);
    options()
        .add("memory", memory_, "GB of memory there are; 0 = what this machine has left")
        .range(0, 1e6);
    options()
        .add("disk", disk_, "GB of disk there are; 0 = what is free in this folder")
        .range(0, 1e9);
    options().add(
        "budget", budget_,
        "propose students instead: params=10%,latency=5ms (or params=1.2M; the time of one "
        "image on one thread); without params, compare.max_parameter_share");
    train::declare_options(options(), compare_);
    train::declare_options(options(), config_);
    take_config(Need::kRequired, {"variant", "sweep"});
    offer_json();
  }

  void run(Context& context) override {
    train::set_threads(config_.train.threads);
    if (options().find("budget")->is_set) {
      propose(context);
      return;
    }
    const bool compares = !read_option_tables(config_path(), "variant").empty();
    train::PlanLimits limits{hours_, static_cast<int64_t>(memory_ * kGB),
                             static_cast<int64_t>(disk_ * kGB)};
    if (limits.memory_bytes == 0) limits.memory_bytes = machine_memory().available;
    if (limits.disk_bytes == 0) limits.disk_bytes = free_disk(".");
    const auto plan = compares
                          ? train::plan_comparison(config_, compare_,
                                                   train::read_variants(config_path(), given()))
                          : train::plan_training(config_);
    const auto advice = train::advice(plan, config_, compares ? compare_.jobs : 1, limits);
    auto result = json(plan, advice);
    result["shortened"] = train::shortened(plan, config_, hours_);
    context.print_result(result, text(plan, advice));
  }

 private:
  void propose(Context& context) {
    const auto budget = train::parse_budget(budget_);
    for (const char* key : {"hours", "memory", "disk"}) {
      if (!options().find(key)->is_set) continue;
      fail(ErrorCode::kUsage,
           "--{} limits the work that is predicted, and --budget proposes students instead; leave "
           "one of them out",
           key);
    }
    const auto search = train::search_students(config_, budget, compare_.max_parameter_share);
    context.print_result(search_json(search), search_text(search));
  }

  static Json json(const train::Plan& plan, const StringList& advice) {
    Json stages = Json::array();
    for (const auto& stage : plan.stages) {
      stages.push_back({{"name", stage.name},
                        {"what", stage.what},
                        {"times", stage.times},
                        {"seconds", stage.seconds},
                        {"memory_bytes", stage.memory_bytes},
                        {"disk_bytes", stage.disk_bytes}});
    }
    return {{"stages", stages},
            {"seconds", plan.seconds},
            {"memory_bytes", plan.memory_bytes},
            {"disk_bytes", plan.disk_bytes},
            {"fits", advice.empty()},
            {"advice", advice}};
  }

  static std::string text(const train::Plan& plan, const StringList& advice) {
    std::vector<std::vector<std::string>> rows{{"stage", "", "time each", "memory", "disk each"}};
    for (const auto& stage : plan.stages) {
      rows.push_back(
          {stage.times > 1 ? fmt::format("{} x {}", stage.times, stage.name) : stage.name,
           stage.what, report::duration(stage.seconds), size(stage.memory_bytes),
           size(stage.disk_bytes)});
    }
    rows.push_back({"all", "", report::duration(plan.seconds), size(plan.memory_bytes),
                    size(plan.disk_bytes)});
    auto out = format_table(rows);
    for (const auto& line : advice) out += "\n" + line;
    if (advice.empty()) out += "\nIt fits.";
    return out;
  }

  static std::string size(int64_t bytes) {
    return bytes == 0 ? "" : fmt::format("{:.2f} GB", gb(bytes));
  }

  double hours_ = 0, memory_ = 0, disk_ = 0;
  std::string budget_;
  train::CompareOptions compare_;
  train::RunConfig config_;
};

}  // namespace

void register_plan(CommandGroup& root) {
  root.add<Plan>();
}

}  // namespace clipstill::cli
