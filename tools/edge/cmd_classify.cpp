// classify: which of some labels fit images, without training.
#include <fmt/format.h>

#include "cli/context.h"
#include "core/error.h"
#include "core/files.h"
#include "edge/commands.h"
#include "edge/inputs.h"
#include "runtime/image_encoder.h"
#include "runtime/zero_shot.h"

namespace clipstill::cli {
namespace {

class Classify final : public Command {
 public:
  Classify() : Command("classify", "Tell which of some labels fit images") {
    positional("bundle", bundle_, "folder that `clipstill export` wrote");
    positional("images", images_,
               "image files and folders; without any, the lines of standard input",
               Need::kOptional);
    options().add("labels", labels_, "what an image may show: cat,dog");
    options().add("label_file", label_file_, "more labels, one a line");
    options().add("templates", templates_,
                  "sentences with {} for the label; a label is the mean of its sentences");
    options().add("top", top_, "labels to show of each image").range(1, 1 << 20);
    runtime::declare_options(options(), runtime_);
    offer_json();
  }

  void run(Context& context) override {
    if (!label_file_.empty()) {
      for (auto& line : read_lines(label_file_)) {
        if (!line.empty()) labels_.push_back(std::move(line));
      }
    }
    if (labels_.empty()) fail(ErrorCode::kUsage, "no labels: give --labels or --label_file");
    const auto words = images_.empty() ? read_stdin_lines() : images_;
    if (words.empty()) fail(ErrorCode::kUsage, "no images: none given, standard input is empty");
    const auto files = find_images(words);
    const runtime::BundleFolder folder(bundle_);
    const runtime::ZeroShotClassifier classifier(runtime::TextEncoder(folder, runtime_), labels_,
                                                 templates_);
    const runtime::ImageEncoder encoder(folder, runtime_);
    const auto width = static_cast<size_t>(encoder.width());
    std::vector<float> embeds(files.size() * width);
    encoder.embed_files(files, embeds);

    Json results = Json::array();
    std::vector<std::vector<std::string>> rows{{"image", "label", "probability"}};
    for (size_t i = 0; i < files.size(); ++i) {
      Json scores = Json::array();
      for (const auto& score : classifier.classify(std::span(embeds).subspan(i * width, width),
                                                   static_cast<size_t>(top_))) {
        scores.push_back({{"label", labels_[score.label]}, {"probability", score.probability}});
        rows.push_back({files[i].string(), labels_[score.label],
                        fmt::format("{:.1f} %", 100 * score.probability)});
      }
      results.push_back({{"image", files[i].string()}, {"labels", std::move(scores)}});
    }
    context.print_result(results, format_table(rows));
  }

 private:
  std::string bundle_, label_file_;
  StringList images_, labels_, templates_{"{}"};
  int64_t top_ = 5;
  runtime::RuntimeOptions runtime_;
};

}  // namespace

void register_classify(CommandGroup& root) {
  root.add<Classify>();
}

}  // namespace clipstill::cli
