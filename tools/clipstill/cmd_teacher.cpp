#include <fmt/format.h>

#include "cli/context.h"
#include "clipstill/training_commands.h"
#include "core/error.h"
#include "core/interrupt.h"
#include "train/compare.h"
#include "train/model_folder.h"
#include "train/teacher.h"
#include "train/threads.h"

namespace clipstill::cli {
namespace {

class TeacherInfo final : public Command {
 public:
  TeacherInfo() : Command("info", "Show a model's architecture, parameters and compute") {
    positional("model", folder_, "model folder");
    offer_json();
  }

  void run(Context& context) override {
    const auto model = train::load_model(folder_);
    const auto& options = model.network->options();
    const auto parameters = model.network->parameters_by_component();
    int64_t total = 0;
    std::vector<std::vector<std::string>> rows{{"component", "parameters"}};
    for (const auto& [name, count] : parameters) {
      rows.push_back({name, fmt::format("{}", count)});
      total += count;
    }
    rows.push_back({"all", fmt::format("{}", total)});
    const int64_t image_flops = model.network->image_flops();
    const int64_t text_flops = model.network->text_flops(options.text.context);
    context.print_result(
        Json{{"image_tower", options.image.arch},
             {"text_tower", options.text.arch},
             {"parameters", parameters},
             {"parameters_total", total},
             {"image_flops", image_flops},
             {"text_flops", text_flops},
             {"image_size", options.image.size},
             {"context", options.text.context},
             {"vocabulary", options.text.vocabulary},
             {"embed_dim", options.embed_dim}},
        fmt::format("image tower  {}, {} x {} pixels, {:.1f} MFLOP per image\n"
                    "text tower   {}, context {}, {} tokens, {:.1f} MFLOP per text\n"
                    "joint space  {} dimensions, scale {:.1f}\n\n{}",
                    options.image.arch, options.image.size, options.image.size,
                    static_cast<double>(image_flops) / 1e6, options.text.arch, options.text.context,
                    options.text.vocabulary, static_cast<double>(text_flops) / 1e6,
                    options.embed_dim, model.network->scale().item<double>(), format_table(rows)));
  }

 private:
  std::string folder_;
};

class TeacherEmbed final : public Command {
 public:
  TeacherEmbed() : Command("embed", "Cache the teacher's soft labels of the training pairs") {
    train::declare_options(options(), config_);
    take_config(Need::kOptional, train::kComparisonTables);
    offer_json();
  }

  void run(Context& context) override {
    train::set_threads(config_.train.threads);
    install_interrupt_handlers();
    const auto data = train::open_run_data(config_.data);
    const int64_t embedded = train::embed_teacher(config_, data);
    context.print_result(Json{{"cache", config_.teacher.cache},
                              {"embedded", embedded},
                              {"samples", data.train.size()}},
                         embedded == 0 ? fmt::format("{} was complete", config_.teacher.cache)
                                       : fmt::format("{}: embedded {} of {} samples, {} views each",
                                                     config_.teacher.cache, embedded,
                                                     data.train.size(), config_.train.views));
  }

 private:
  train::RunConfig config_;
};

/// A model folder with fp16 weights, half the size: how a teacher is shipped.
class TeacherPack final : public Command {
 public:
  TeacherPack() : Command("pack", "Copy a model folder with its weights in fp16") {
    positional("model", folder_, "model folder");
    positional("out", out_, "folder to write");
  }

  void run(Context& context) override {
    const auto model = train::load_model(folder_);
    train::save_model(out_, model, train::named_tensors(*model.network), /*half=*/true);
    context.print(fmt::format("{}\n", out_));
  }

 private:
  std::string folder_, out_;
};

}  // namespace

void register_teacher(CommandGroup& root) {
  auto& teacher = root.group("teacher", "Look at a teacher, cache its soft labels, ship it");
  teacher.add<TeacherInfo>();
  teacher.add<TeacherEmbed>();
  teacher.add<TeacherPack>();
}

}  // namespace clipstill::cli
