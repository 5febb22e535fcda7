#include <fmt/format.h>

#include "cli/context.h"
#include "clipstill/training_commands.h"
#include "core/error.h"
#include "core/interrupt.h"
#include "train/teacher.h"
#include "train/threads.h"
#include "train/trainer.h"

namespace clipstill::cli {
namespace {

class Train final : public Command {
 public:
  Train() : Command("train", "Train a model on pairs: natively, or from a teacher's soft labels") {
    options().add("out", folder_, "run folder; an interrupted run there is continued");
    train::declare_options(options(), config_);
    take_config(Need::kOptional);
    offer_json();
  }

  void run(Context& context) override {
    train::set_threads(config_.train.threads);
    install_interrupt_handlers();
    if (folder_.empty()) fail(ErrorCode::kUsage, "--out is missing; name the run's folder");
    const auto data = train::open_run_data(config_.data);
    const auto tokenizer = train::make_tokenizer(config_.tokenizer, data.train);
    if (config_.needs_teacher()) train::embed_teacher(config_, data);
    const auto result = train::train(config_, data, tokenizer, folder_);
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

 private:
  std::string folder_;
  train::RunConfig config_;
};

}  // namespace

void register_train(CommandGroup& root) {
  root.add<Train>();
}

}  // namespace clipstill::cli
