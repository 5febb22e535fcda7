#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "cli/context.h"
#include "clipstill/training_commands.h"
#include "core/error.h"
#include "core/interrupt.h"
#include "core/parallel.h"
#include "pretrained/config.h"
#include "train/compare.h"
#include "train/embedding_plan.h"
#include "train/model_folder.h"
#include "train/published_writer.h"
#include "train/teacher.h"
#include "train/threads.h"

namespace clipstill::cli {
namespace {

constexpr const char* kModelHelp =
    "model folder: one of clipstill, or a published CLIP, Chinese-CLIP, SigLIP or open_clip model";

class TeacherInfo final : public Command {
 public:
  TeacherInfo() : Command("info", "Show a model's architecture, inputs, parameters and compute") {
    positional("model", folder_, kModelHelp);
    offer_json();
  }

  void run(Context& context) override {
    const auto model = train::load_model(folder_);
    const auto& network = *model.network;
    const auto& options = network.options();
    const auto parameters = network.parameters_by_component();
    int64_t total = 0;
    std::vector<std::vector<std::string>> rows{{"component", "parameters"}};
    for (const auto& [name, count] : parameters) {
      rows.push_back({name, fmt::format("{}", count)});
      total += count;
    }
    rows.push_back({"all", fmt::format("{}", total)});
    const auto weight_bytes = total * static_cast<int64_t>(sizeof(float));
    const int64_t threads = available_threads();
    const auto embedding_bytes = train::plan_embedding(network, {}, threads).bytes;
    const int64_t image_flops = network.image_flops();
    const int64_t text_flops = network.text_flops(options.text.context);
    const double scale = model.network->scale().item<double>();
    const auto preprocess = Json::parse(model.preprocess.to_json());
    const auto architecture = describe_architecture();
    context.print_result(
        Json{{"architecture", architecture},
             {"image_tower", options.image.arch},
             {"text_tower", options.text.arch},
             {"parameters", parameters},
             {"parameters_total", total},
             {"weight_bytes", weight_bytes},
             {"embedding_bytes", embedding_bytes},
             {"image_flops", image_flops},
             {"text_flops", text_flops},
             {"image_size", options.image.size},
             {"context", options.text.context},
             {"vocabulary", options.text.vocabulary},
             {"embed_dim", options.embed_dim},
             {"scale", scale},
             {"logit_bias", network.logit_bias()},
             {"preprocessing", preprocess}},
        fmt::format(
            "architecture {}\n"
            "image tower  {}, {} x {} pixels, {:.1f} MFLOP per image\n"
            "text tower   {}, context {}, {} tokens, {:.1f} MFLOP per text\n"
            "joint space  {} dimensions, scale {:.1f}, bias {:.1f}\n"
            "tokens       start {}, end {}, padding {}\n"
            "pixels       {}\n"
            "memory       {:.0f} MB of weights, {:.0f} MB to embed in fp32 ({} threads)\n\n{}",
            architecture, options.image.arch, options.image.size, options.image.size,
            static_cast<double>(image_flops) / 1e6, options.text.arch, options.text.context,
            options.text.vocabulary, static_cast<double>(text_flops) / 1e6, options.embed_dim,
            scale, network.logit_bias(), shown_start(*model.tokenizer),
            shown(*model.tokenizer, model.tokenizer->end_id()),
            shown(*model.tokenizer, model.tokenizer->padding_id()), describe(model.preprocess),
            static_cast<double>(weight_bytes) / 1e6, static_cast<double>(embedding_bytes) / 1e6,
            threads, format_table(rows)));
  }

 private:
  // A wrong activation costs points silently, so it is shown.
  std::string describe_architecture() const {
    if (!pretrained::is_pretrained(folder_)) return "clipstill";
    const auto config = pretrained::read_config(folder_);
    return fmt::format("{}, activation {} (images), {} (texts)", config.architecture,
                       config.image.activation, config.text.activation);
  }

  static std::string shown(const text::Tokenizer& tokenizer, int32_t id) {
    return fmt::format("{} ({})", tokenizer.token(id), id);
  }

  static std::string shown_start(const text::Tokenizer& tokenizer) {
    const auto start = tokenizer.start_id();
    return start ? shown(tokenizer, *start) : "none";
  }

  static std::string describe(const image::Preprocess& p) {
    return fmt::format(
        "{}, mean {:.4g}, deviation {:.4g}, transparency {}{}",
        p.resize_mode == image::ResizeMode::kShortestEdge ? "shortest edge resized, centre cropped"
                                                          : "stretched to a square",
        fmt::join(p.mean, " "), fmt::join(p.std, " "), p.blend_alpha ? "over white" : "dropped",
        p.apply_orientation ? ", turned upright" : "");
  }

  std::string folder_;
};

class TeacherEmbed final : public Command {
 public:
  TeacherEmbed()
      : Command("embed", "Cache the soft labels of the training pairs, of each teacher in turn") {
    options()
        .add("only", only_, "one tower's part; the cache is complete when both are there")
        .choices({"all", "images", "texts"});
    train::declare_options(options(), config_);
    take_config(Need::kOptional, train::kComparisonTables);
    offer_json();
  }

  void run(Context& context) override {
    train::set_threads(config_.train.threads);
    install_interrupt_handlers();
    const auto data = train::open_run_data(config_.data);
    const auto part = only_ == "images"  ? data::CachePart::kImages
                      : only_ == "texts" ? data::CachePart::kTexts
                                         : data::CachePart::kAll;
    const int64_t embedded = train::embed_teachers(config_, data, part);
    const auto teachers = train::teachers_of(config_, data);
    const bool complete = std::all_of(teachers.begin(), teachers.end(), train::has_cache);
    const auto all =
        teachers.size() * (static_cast<size_t>(data.train.size()) + data.train.texts().size());
    std::string text = fmt::format("{} was complete", config_.teacher.cache);
    if (embedded > 0 || !complete) {
      text = fmt::format(
          "{}: embedded {} of {} images and texts{}{}", config_.teacher.cache, embedded, all,
          teachers.size() > 1 ? fmt::format(" for {} teachers", teachers.size()) : "",
          complete ? "" : "; the other part is still to come");
    }
    context.print_result(Json{{"cache", config_.teacher.cache},
                              {"teachers", teachers.size()},
                              {"embedded", embedded},
                              {"complete", complete},
                              {"images", data.train.size()},
                              {"texts", data.train.texts().size()}},
                         text);
  }

 private:
  train::RunConfig config_;
  std::string only_ = "all";
};

// A copy must not take the place of what it is a copy of.
void require_other_folder(const std::string& model, const std::string& out) {
  std::error_code not_there;
  if (!std::filesystem::equivalent(model, out, not_there)) return;
  fail(ErrorCode::kUsage, "{}: this is the model itself; name another folder to write", out);
}

/// A model folder with fp16 weights, half the size: how a teacher is shipped.
class TeacherPack final : public Command {
 public:
  TeacherPack() : Command("pack", "Copy a model folder with its weights in fp16") {
    positional("model", folder_, "model folder");
    positional("out", out_, "folder to write");
  }

  void run(Context& context) override {
    require_other_folder(folder_, out_);
    const auto model = train::load_model(folder_);
    train::save_model(out_, model, train::named_tensors(*model.network), /*half=*/true);
    context.print(fmt::format("{}\n", out_));
  }

 private:
  std::string folder_, out_;
};

/// What `transformers` loads, for peers and tools that know its layout.
class TeacherConvert final : public Command {
 public:
  TeacherConvert() : Command("convert", "Write a model as a folder that transformers loads") {
    positional("model", folder_, kModelHelp);
    positional("out", out_, "folder to write");
  }

  void run(Context& context) override {
    require_other_folder(folder_, out_);
    train::save_published(out_, train::load_model(folder_));
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
  teacher.add<TeacherConvert>();
}

}  // namespace clipstill::cli
