#include <fmt/format.h>

#include "cli/context.h"
#include "clipstill/training_commands.h"
#include "core/error.h"
#include "core/interrupt.h"
#include "train/compare.h"
#include "train/teacher.h"
#include "train/threads.h"
#include "train/trainer.h"

namespace clipstill::cli {
namespace {

class Train final : public Command {
 public:
  Train() : Command("train", "Train a model on pairs: natively, or from a teacher's soft labels") {
    options().add("out", folder_, "run folder; an interrupted run there is continued");
    options().add("variant", variant_, "the [[variant]] of the config to train, as compare does");
    train::declare_options(options(), base_);
    take_config(Need::kOptional, train::kComparisonTables);
    offer_json();
  }

  void run(Context& context) override {
    if (folder_.empty()) fail(ErrorCode::kUsage, "--out is missing; name the run's folder");
    if (variant_.empty()) return train_one(base_, context);
    if (config_path().empty()) {
      fail(ErrorCode::kUsage, "--variant {} needs a config file with [[variant]] tables", variant_);
    }
    const auto variants = train::read_variants(config_path(), given());
    train_one(*train::variant_config(base_, variant_, variants), context);
  }

 private:
  void train_one(train::RunConfig& config, Context& context) const {
    train::set_threads(config.train.threads);
    install_interrupt_handlers();
    const auto data = train::open_run_data(config.data);
    const auto tokenizer = train::make_tokenizer(config.tokenizer, data.train);
    if (config.needs_teacher()) train::embed_teachers(config, data);
    const auto result = train::train(config, data, tokenizer, folder_);
    const auto best = (std::filesystem::path(folder_) / "best").string();
    context.print_result(
        Json{{"steps", result.steps},
             {"seconds", result.seconds},
             {"samples_per_second", result.samples_per_second},
             {"loader_share", result.loader_share},
             {"best_step", result.best_step},
             {"best_validation_recall@1", result.best_score},
             {"model", best}},
        fmt::format(
            "{} steps in {:.0f} s, {:.0f} samples/s, {:.1f} % of the time waiting for data\n"
            "best at step {}: validation recall@1 {:.1f} %\nmodel: {}",
            result.steps, result.seconds, result.samples_per_second, 100 * result.loader_share,
            result.best_step, 100 * result.best_score, best));
  }

  std::string folder_, variant_;
  train::RunConfig base_;
};

}  // namespace

void register_train(CommandGroup& root) {
  root.add<Train>();
}

}  // namespace clipstill::cli
