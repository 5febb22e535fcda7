// Speed of training: the loader alone, the step alone on batches held in memory, and both together
// as `clipstill train` runs them. bench/python/train_bench.py is the same student in PyTorch;
// bench/run_train runs the two by turns.
//
//   train_bench measure CONFIG [key=value ...] [--model FOLDER] [--json]
//   train_bench plan CONFIG --out plan.json    # what the twin trains on
#include <fmt/format.h>

#include <algorithm>

#include "cli/application.h"
#include "cli/context.h"
#include "core/allocator.h"
#include "core/files.h"
#include "core/stopwatch.h"
#include "image/codec.h"
#include "train/blas.h"
#include "train/compare.h"
#include "train/evaluate.h"
#include "train/threads.h"
#include "train/trainer.h"
#include "train_rig.h"

namespace clipstill::cli {
namespace {

using bench::Rig;

constexpr int64_t kWarmUp = 10;     // steps; more than the loader keeps ready
constexpr int64_t kMaxEpoch = 200;  // steps; of a bigger set not all is read before measuring

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

// Microseconds of one thread per sample, by stage of the loader.
Json loader_stages(const Rig& rig) {
  const auto count = std::min<int64_t>(rig.data.train.size(), 2000);
  double read = 0, decode = 0, augment = 0, normalise = 0;
  std::vector<float> out(3 * static_cast<size_t>(rig.preprocess.size * rig.preprocess.size));
  for (int64_t i = 0; i < count; ++i) {
    std::vector<uint8_t> bytes;
    image::Image picture, view;
    read += seconds_of([&] { bytes = rig.data.train.read_image(i); });
    decode += seconds_of([&] { picture = image::decode(bytes, "bench"); });
    augment += seconds_of([&] {
      view = image::augment(picture, rig.config.augment, rig.preprocess, /*seed=*/1, i, 0);
    });
    normalise += seconds_of([&] { image::normalise(view, rig.preprocess, out); });
  }
  const double scale = 1e6 / static_cast<double>(count);
  return {{"read", read * scale},
          {"decode", decode * scale},
          {"augment", augment * scale},
          {"normalise", normalise * scale}};
}

class Measure final : public Command {
 public:
  Measure() : Command("measure", "Time loader, step and both together; medians over repeats") {
    options().add("steps", steps_, "steps per repeat").range(1, 1e6);
    options().add("repeats", repeats_, "repeats").range(1, 1e3);
    options().add("model", model_, "also time embedding with this model folder");
    train::declare_options(options(), config_);
    take_config(Need::kRequired, train::kComparisonTables);
    offer_json();
  }

  void run(Context& context) override {
    train::set_threads(config_.train.threads);
    Rig rig(config_);
    Json json{{"threads", torch::get_num_threads()}, {"parameters", rig.parameters()}};
    json["loader"] = loader_alone(rig);
    json["loader_us"] = loader_stages(rig);
    for (const bool bf16 : {false, true}) json[bf16 ? "bf16" : "fp32"] = training(rig, bf16);
    if (!model_.empty()) json["model"] = embedding(rig);
    context.print_result(json, text(json));
  }

 private:
  double per_second(double time) const {
    return static_cast<double>(steps_ * config_.train.batch) / time;
  }

  // Past the first epoch, whose pictures are decoded for the first time.
  static void warm(data::Loader& loader) {
    const int64_t epoch = std::min(loader.steps_per_epoch(), kMaxEpoch);
    for (int64_t i = 0; i < epoch + kWarmUp; ++i) loader.next();
  }

  double loader_alone(const Rig& rig) const {
    auto loader = rig.loader();
    warm(loader);
    std::vector<double> rates;
    for (int64_t r = 0; r < repeats_; ++r) {
      rates.push_back(per_second(seconds_of([&] {
        for (int64_t i = 0; i < steps_; ++i) loader.next();
      })));
    }
    return median(rates);
  }

  // Steps on held batches and on the loader's by turns, so that a change of the machine's speed
  // meets both.
  Json training(Rig& rig, bool bf16) const {
    auto loader = rig.loader();
    warm(loader);
    std::vector<data::Batch> held;
    for (int64_t i = 0; i < kWarmUp; ++i) held.push_back(loader.next());
    bench::StepTimes parts;
    std::vector<double> alone, together, waited;
    for (int64_t r = 0; r < repeats_; ++r) {
      for (auto& batch : held) rig.step(batch, bf16);  // meanwhile the loader fills up and sleeps
      alone.push_back(per_second(seconds_of([&] {
        for (int64_t i = 0; i < steps_; ++i) parts += rig.step(held[i % kWarmUp], bf16);
      })));
      const auto train = [&](int64_t count) {
        for (int64_t i = 0; i < count; ++i) {
          auto batch = loader.next();
          rig.step(batch, bf16);
        }
      };
      train(kWarmUp);
      const double waited_before = loader.seconds_waited();
      const double time = seconds_of([&] { train(steps_); });
      together.push_back(per_second(time));
      waited.push_back((loader.seconds_waited() - waited_before) / time);
    }
    const double scale = 1e3 / static_cast<double>(repeats_ * steps_);
    return {{"step", median(alone)},
            {"end_to_end", median(together)},
            {"waited", median(waited)},
            {"backward_ms", parts.backward * scale},
            {"optimizer_ms", parts.optimizer * scale},
            {"average_ms", parts.average * scale}};
  }

  // Forward passes of a finished model, such as the teacher: images/s and texts/s.
  Json embedding(const Rig& rig) const {
    auto model = train::load_model(model_);
    const int64_t batch = config_.train.batch, size = model.preprocess.size;
    const auto images =
        torch::rand({batch, 3, size, size}).contiguous(at::MemoryFormat::ChannelsLast);
    const auto& all = rig.data.train.texts();
    const std::vector<std::string> texts(all.begin(),
                                         all.begin() + std::min<int64_t>(batch, all.size()));
    const torch::InferenceMode guard;
    std::vector<double> image_rates, text_rates;
    for (int64_t r = 0; r <= repeats_; ++r) {  // the first warms up
      const double image_time = seconds_of([&] { model.network->encode_image(images); });
      const double text_time = seconds_of([&] { train::embed_texts(model, texts); });
      if (r == 0) continue;
      image_rates.push_back(static_cast<double>(batch) / image_time);
      text_rates.push_back(static_cast<double>(texts.size()) / text_time);
    }
    return {{"images", median(image_rates)}, {"texts", median(text_rates)}};
  }

  static std::string text(const Json& json) {
    std::vector<std::vector<std::string>> table{{"", "fp32", "bf16"}};
    const auto row = [&](const char* name, const char* key, int digits, double scale = 1) {
      auto& cells = table.emplace_back(1, name);
      for (const char* precision : {"fp32", "bf16"}) {
        cells.push_back(fmt::format("{:.{}f}", json[precision][key].get<double>() * scale, digits));
      }
    };
    row("step alone, samples/s", "step", 0);
    row("end to end, samples/s", "end_to_end", 0);
    row("  waiting for the loader, %", "waited", 1, 100);
    row("  forward and backward, ms", "backward_ms", 1);
    row("  optimiser, ms", "optimizer_ms", 1);
    row("  weight average, ms", "average_ms", 1);
    auto out = format_table(table) + fmt::format("loader alone {:.0f} samples/s; one thread, us:",
                                                 json["loader"].get<double>());
    for (const auto& [stage, us] : json["loader_us"].items()) {
      out += fmt::format(" {} {:.1f}", stage, us.get<double>());
    }
    if (!json.contains("model")) return out;
    return out + fmt::format("\nembedding {:.0f} images/s, {:.0f} texts/s",
                             json["model"]["images"].get<double>(),
                             json["model"]["texts"].get<double>());
  }

  int64_t steps_ = 20, repeats_ = 5;
  std::string model_;
  train::RunConfig config_;
};

// The training split as the twin needs it: texts as token ids, by record.
class Plan final : public Command {
 public:
  Plan() : Command("plan", "Write what the PyTorch twin trains on: samples and token ids") {
    options().add("out", out_, "JSON file to write");
    train::declare_options(options(), config_);
    take_config(Need::kRequired, train::kComparisonTables);
  }

  void run(Context&) override {
    const Rig rig(config_);
    Json samples = Json::array(), tokens = Json::array();
    for (int64_t i = 0; i < rig.data.train.size(); ++i) {
      samples.push_back({{"id", rig.data.train.record(i).id},
                         {"label", rig.data.train.label(i)},
                         {"texts", rig.data.train.texts_of(i)}});
    }
    std::vector<text::Token> encoded;
    for (const auto& text : rig.data.train.texts()) {
      rig.tokenizer->encode(text, static_cast<int>(config_.model.text.context), encoded);
      auto& row = tokens.emplace_back(Json::array());
      for (const auto& token : encoded) row.push_back(token.id);
    }
    write_file(out_, Json{{"config", train::resolved_toml(config_)},
                          {"parameters", rig.parameters()},
                          {"vocabulary", rig.tokenizer->vocabulary_size()},
                          {"padding", rig.tokenizer->padding_id()},
                          {"samples", samples},
                          {"tokens", tokens}}
                         .dump());
  }

 private:
  std::string out_ = "plan.json";
  train::RunConfig config_;
};

void register_commands(CommandGroup& root) {
  root.add<Measure>();
  root.add<Plan>();
}

}  // namespace
}  // namespace clipstill::cli

int main(int argc, char** argv) {
  using namespace clipstill::cli;
  clipstill::train::restart_with_better_kernels(argv);  // these two as clipstill does
  clipstill::keep_freed_memory();
  return run_application({.summary = "Speed of training",
                          .version = version_text("train_bench"),
                          .register_commands = register_commands},
                         argc, argv);
}
