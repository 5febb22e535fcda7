#include <fmt/format.h>

#include <array>
#include <string_view>

#include "cli/context.h"
#include "clipstill/int8_export.h"
#include "clipstill/int8_training.h"
#include "clipstill/training_commands.h"
#include "core/files.h"
#include "exporter/bundle_folder.h"
#include "exporter/exporter.h"
#include "train/model_folder.h"
#include "train/threads.h"

namespace clipstill::cli {
namespace {

constexpr int64_t kSelftestImages = 3;
constexpr uint64_t kMaxNotesBytes = 1 << 20;
// Short, long, in both languages, and one that no context holds.
constexpr std::array<std::string_view, 5> kSelftestTexts{
    "a photo of a dog", "笑", "一只黑色的猫坐在红色的椅子上，看着窗外的雨。",
    "Two children in yellow coats jump into a puddle while their dog waits, soaked, under a tree.",
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty 一 二 三 四 五 六 七 八 九 十 one two three four "
    "five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty 一 二 三 四 五 六 七 八 九 十"};

exporter::SelftestInputs selftest_inputs(const train::Model& model) {
  const auto& options = model.network->options();
  const auto batch =
      model.tokenizer->encode_batch(kSelftestTexts, static_cast<int>(options.text.context));
  const auto mask = std::vector<int64_t>(batch.mask.begin(), batch.mask.end());
  return {exporter::selftest_pixels(kSelftestImages, options.image.size),
          torch::tensor(batch.ids).view({batch.rows, batch.length}),
          torch::tensor(mask).view({batch.rows, batch.length}),
          {kSelftestTexts.begin(), kSelftestTexts.end()}};
}

class Export final : public Command {
 public:
  Export() : Command("export", "Write a model as a bundle for ONNX Runtime") {
    positional("model", model_, "model folder, such as the `best` of a run");
    options().add("out", out_, "folder to write; an older bundle there is replaced");
    options().add("notes", notes_, "Markdown file that ends the model card: licences, limits");
    options().add("half", half_, "store weights in fp16: half the size, the same speed");
    options().add("int8", wants_int8_, "add encoders in int8, calibrated on the model's data");
    exporter::declare_options(options(), int8_);
    data::declare_options(options(), data_);
    offer_json();
  }

  void run(Context& context) override {
    if (int8_.qat_steps > 0 && !wants_int8_) {
      fail(ErrorCode::kUsage, "int8.qat_steps trains encoders in int8; add --int8");
    }
    train::set_threads(1);  // the expected embeddings do not depend on the machine's cores
    auto model = train::load_model(model_);
    exporter::BundleContent content{model.network, train::weights_fingerprint(model_),
                                    model.tokenizer->files(), model.preprocess.to_json(),
                                    selftest_inputs(model)};
    content.half = half_;
    if (!notes_.empty()) content.notes = read_file(notes_, kMaxNotesBytes);
    if (wants_int8_ || !data_.path.empty()) add_measurements(model, content);
    const auto files = exporter::write_bundle(out_, content);
    std::vector<std::vector<std::string>> rows{{"file", "bytes"}};
    for (const auto& [name, bytes] : files) rows.push_back({name, fmt::format("{}", bytes)});
    Json json{{"bundle", out_},
              {"files", files},
              {"parameters", model.network->parameters_by_component()},
              {"embed_dim", model.network->options().embed_dim},
              {"logit_scale", exporter::logit_scale(model.network)}};
    std::string text = fmt::format("{}\n\n{}", out_, format_table(rows));
    if (content.metrics) {
      json["metrics"] = Json::parse(to_json(*content.metrics));
      text += "\n" + describe(*content.metrics);
    }
    context.print_result(json, text);
  }

 private:
  void add_measurements(train::Model& model, exporter::BundleContent& content) const {
    const auto data_options = data_of_model(model_, options(), data_);
    const auto data = data::open_run_data(data_options);
    if (!wants_int8_) {
      content.metrics = measure(model, data, data_options, nullptr, int8_);
      return;
    }
    const auto int8 = make_int8_encoders(model, data, int8_,
                                         int8_training(model_, model, data, data_options, int8_));
    content.metrics = measure(model, data, data_options, &int8, int8_);
    content.int8 = exporter::Encoders{int8.image, int8.text};
  }

  std::string describe(const bundle::MetricsFile& metrics) const {
    std::vector<std::vector<std::string>> rows{{"accuracy", "fp32", "int8"}};
    const auto percent = [&](const char* form, const std::string& name) {
      const auto found = metrics.results.find(form);
      return found == metrics.results.end() ? ""
                                            : fmt::format("{:.2f} %", 100 * found->second.at(name));
    };
    for (const auto& [name, value] : metrics.results.at("torch")) {
      if (!name.ends_with("recall@1") && !name.ends_with("accuracy")) continue;
      rows.push_back({name, percent("torch", name), percent("torch_int8", name)});
    }
    auto text = format_table(rows);
    if (metrics.layers.empty()) return text;
    std::vector<std::vector<std::string>> layers{{"layer", "cost", "precision"}};
    for (const auto& layer : metrics.layers) {
      layers.push_back(
          {layer.name, fmt::format("{:.1e}", layer.cost), layer.is_fp32 ? "fp32" : "int8"});
    }
    text += fmt::format(
        "\n{}\ncost: 1 - mean cosine with the fp32 embeddings, that layer alone in int8. The int8 "
        "weights take {:.1f} % of the bytes of fp32's, allowed were {:.1f} %.{}\n"
        "Both columns were computed by libtorch; `clipstill verify BUNDLE --data.path …` measures "
        "ONNX Runtime.",
        format_table(layers), 100 * metrics.size, 100 * int8_.max_size,
        metrics.qat_steps > 0
            ? fmt::format(" They were trained for int8 in {} steps; costs are against these "
                          "weights in fp32.",
                          metrics.qat_steps)
            : "");
    return text;
  }

  std::string model_, out_ = "bundle", notes_;
  bool half_ = false, wants_int8_ = false;
  exporter::Int8Options int8_;
  data::DataOptions data_;
};

}  // namespace

void register_export(CommandGroup& root) {
  root.add<Export>();
}

}  // namespace clipstill::cli
