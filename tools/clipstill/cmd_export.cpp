#include <fmt/format.h>

#include <array>
#include <string_view>

#include "cli/context.h"
#include "clipstill/training_commands.h"
#include "exporter/bundle_folder.h"
#include "exporter/exporter.h"
#include "train/model_folder.h"
#include "train/threads.h"

namespace clipstill::cli {
namespace {

constexpr int64_t kSelftestImages = 3;
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
    offer_json();
  }

  void run(Context& context) override {
    train::set_threads(1);  // the expected embeddings do not depend on the machine's cores
    const auto model = train::load_model(model_);
    const auto files = exporter::write_bundle(
        out_, {model.network, train::weights_fingerprint(model_), model.tokenizer->to_json(),
               model.preprocess.to_json(), selftest_inputs(model)});
    std::vector<std::vector<std::string>> rows{{"file", "bytes"}};
    for (const auto& [name, bytes] : files) rows.push_back({name, fmt::format("{}", bytes)});
    context.print_result(Json{{"bundle", out_},
                              {"files", files},
                              {"parameters", model.network->parameters_by_component()},
                              {"embed_dim", model.network->options().embed_dim},
                              {"logit_scale", exporter::logit_scale(model.network)}},
                         fmt::format("{}\n\n{}", out_, format_table(rows)));
  }

 private:
  std::string model_, out_ = "bundle";
};

}  // namespace

void register_export(CommandGroup& root) {
  root.add<Export>();
}

}  // namespace clipstill::cli
