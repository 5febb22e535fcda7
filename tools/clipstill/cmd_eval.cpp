#include <fmt/format.h>

#include <filesystem>

#include "cli/context.h"
#include "clipstill/training_commands.h"
#include "core/error.h"
#include "train/evaluate.h"
#include "train/run_data.h"
#include "train/threads.h"
#include "train/trainer.h"

namespace clipstill::cli {
namespace {

class Eval final : public Command {
 public:
  Eval() : Command("eval", "Measure retrieval and zero-shot accuracy of a model on pairs") {
    positional("model", folder_,
               "model folder, such as the `best` of a run; or a run folder, for its best model and "
               "the data options that it was trained with");
    options().add("split", split_, "which part of the data").choices({"test", "val", "train"});
    options().add("threads", threads_, "threads of libtorch; 0 = all").range(0, 1024);
    data::declare_options(options(), data_);
    offer_json();
  }

  void run(Context& context) override {
    train::set_threads(threads_);
    if (std::filesystem::exists(std::filesystem::path(folder_) / "config.toml")) take_run();
    auto model = train::load_model(folder_);
    const auto data = train::open_run_data(data_);
    const auto result = train::evaluate(model, data.split(split_));
    std::vector<std::vector<std::string>> rows{{"metric", "value"}};
    for (const auto& [name, value] : result.metrics) {
      rows.push_back({name, fmt::format("{:.1f} %", 100 * value)});
    }
    context.print_result(Json{{"model", folder_}, {"split", split_}, {"metrics", result.metrics}},
                         format_table(rows));
  }

 private:
  // What is typed stands above the data options of the run.
  void take_run() {
    auto run = train::saved_config(folder_);
    OptionSet set;
    train::declare_options(set, run);
    for (const auto& [key, value] : given()) {
      if (set.find(key) != nullptr) set.assign(key, value, kCommandLine);
    }
    data_ = run.data;
    folder_ = (std::filesystem::path(folder_) / "best").string();
  }

  std::string folder_, split_ = "test";
  int64_t threads_ = 0;
  data::DataOptions data_;
};

}  // namespace

void register_eval(CommandGroup& root) {
  root.add<Eval>();
}

}  // namespace clipstill::cli
