// embed: images or texts to embeddings.
#include <fmt/format.h>

#include <algorithm>

#include "cli/context.h"
#include "core/error.h"
#include "core/progress.h"
#include "edge/commands.h"
#include "edge/embedding_file.h"
#include "edge/inputs.h"
#include "runtime/image_encoder.h"
#include "runtime/text_encoder.h"

namespace clipstill::cli {
namespace {

// Inputs between two steps of the progress bar, or two writes to standard output.
constexpr size_t kChunk = 256;

class Embed final : public Command {
 public:
  Embed() : Command("embed", "Turn images or texts into embeddings") {
    positional("bundle", bundle_, "folder that `clipstill export` wrote");
    positional("inputs", inputs_,
               "image files and folders, or texts; without any, the lines of standard input, where "
               "an empty line is the empty text and no image",
               Need::kOptional);
    options().add("kind", kind_, "what the inputs are").choices({"image", "text"});
    options().add("out", out_, ".npy, .safetensors or .jsonl file; else JSON lines are printed");
    runtime::declare_options(options(), runtime_);
  }

  void run(Context& context) override {
    if (!out_.empty()) check_embedding_path(out_);
    const auto words = inputs_.empty() ? read_stdin_lines() : inputs_;
    if (words.empty()) fail(ErrorCode::kUsage, "no inputs: none given, standard input is empty");
    const runtime::BundleFolder folder(bundle_);
    if (kind_ == "text") {
      const runtime::TextEncoder encoder(folder, runtime_);
      const std::vector<std::string_view> texts(words.begin(), words.end());
      embed(context, words, encoder.width(), [&](size_t first, size_t count, auto out) {
        encoder.embed(std::span(texts).subspan(first, count), out);
      });
    } else {
      const auto files = find_images(words);
      const runtime::ImageEncoder encoder(folder, runtime_);
      embed(context, {files.begin(), files.end()}, encoder.width(),
            [&](size_t first, size_t count, auto out) {
              encoder.embed_files(std::span(files).subspan(first, count), out);
            });
    }
  }

 private:
  using EmbedSome = std::function<void(size_t first, size_t count, std::span<float> out)>;

  void embed(Context& context, const StringList& names, int64_t columns,
             const EmbedSome& embed_some) const {
    const auto width = static_cast<size_t>(columns);
    // To a file: all, written at the end. To standard output: a chunk at a time.
    std::vector<float> values((out_.empty() ? std::min(kChunk, names.size()) : names.size()) *
                              width);
    {
      Progress progress("embed", kind_ + "s", names.size());
      for (size_t first = 0; first < names.size(); first += kChunk) {
        const size_t count = std::min(kChunk, names.size() - first);
        const auto rows =
            std::span(values).subspan(out_.empty() ? 0 : first * width, count * width);
        embed_some(first, count, rows);
        for (size_t i = 0; out_.empty() && i < count; ++i) {
          context.print(embedding_line(names[first + i], rows.subspan(i * width, width)));
        }
        progress.advance(count);
      }
    }
    if (!out_.empty()) write_embeddings(out_, names, values, width);
  }

  std::string bundle_, kind_ = "image", out_;
  StringList inputs_;
  runtime::RuntimeOptions runtime_;
};

}  // namespace

void register_embed(CommandGroup& root) {
  root.add<Embed>();
}

}  // namespace clipstill::cli
