// verify: a bundle is whole, and computes here what it computed where it was written; with data,
// its int8 encoders are as accurate as they have to be.
#include <fmt/format.h>

#include "cli/context.h"
#include "core/error.h"
#include "edge/accuracy.h"
#include "edge/commands.h"
#include "runtime/kernel_counts.h"
#include "runtime/selftest.h"

namespace clipstill::cli {
namespace {

class Verify final : public Command {
 public:
  Verify() : Command("verify", "Check that a bundle is whole and computes what it should here") {
    positional("bundle", bundle_, "folder that `clipstill export` wrote");
    runtime::declare_options(options(), runtime_);
    declare_options(options(), accuracy_);
    offer_json();
  }

  void run(Context& context) override {
    const auto result = runtime::verify_bundle(bundle_, runtime_);
    const auto allowed = runtime::allowed_difference(runtime_.precision);
    const runtime::BundleFolder folder(bundle_);
    const auto image_kernels = runtime::image_kernels(folder, runtime_);
    const auto text_kernels = runtime::text_kernels(folder, runtime_);
    if (runtime_.precision == "int8") require_int8(image_kernels, text_kernels);
    Json json{{"bundle", bundle_},
              {"precision", runtime_.precision},
              {"onnxruntime", runtime::onnxruntime_version()},
              {"images", result.images.samples},
              {"image_difference", result.images.value},
              {"image_kernels", image_kernels},
              {"texts", result.texts.samples},
              {"text_difference", result.texts.value},
              {"text_kernels", text_kernels},
              {"allowed_difference", allowed}};
    auto text = fmt::format(
        "{}: every file is as the manifest says\n"
        "images: {} embeddings differ by at most {:.1e} (allowed {:.0e}); int8 kernels: {}\n"
        "texts: {} embeddings differ by at most {:.1e}, token ids are the same; int8 kernels: {}",
        bundle_, result.images.samples, result.images.value, allowed,
        runtime::describe(runtime::int8_kernels(image_kernels)), result.texts.samples,
        result.texts.value, runtime::describe(runtime::int8_kernels(text_kernels)));
    if (accuracy_.data.path.empty()) {
      context.print_result(json, text);
      return;
    }
    const auto accuracy = measure_accuracy(bundle_, options(), accuracy_, runtime_);
    if (accuracy_.record) record_metrics(bundle_, accuracy.file);
    json["accuracy"] = accuracy.to_json();
    context.print_result(json, text + "\n\n" + accuracy.text());
    accuracy.require_passed(bundle_);
  }

 private:
  void require_int8(const runtime::KernelCounts& images, const runtime::KernelCounts& texts) const {
    if (!runtime::int8_kernels(images).empty() && !runtime::int8_kernels(texts).empty()) return;
    fail(ErrorCode::kBadData,
         "{}: no int8 kernel ran (images: {}; texts: {}); ONNX Runtime {} turns its graphs back "
         "into "
         "fp32, so int8 gains nothing here",
         bundle_, runtime::describe(images), runtime::describe(texts),
         runtime::onnxruntime_version());
  }

  std::string bundle_;
  runtime::RuntimeOptions runtime_;
  AccuracyOptions accuracy_;
};

}  // namespace

void register_verify(CommandGroup& root) {
  root.add<Verify>();
}

}  // namespace clipstill::cli
