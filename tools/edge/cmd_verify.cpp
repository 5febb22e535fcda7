// verify: a bundle is whole, and computes here what it computed where it was written.
#include <fmt/format.h>

#include "cli/context.h"
#include "edge/commands.h"
#include "runtime/selftest.h"

namespace clipstill::cli {
namespace {

class Verify final : public Command {
 public:
  Verify() : Command("verify", "Check that a bundle is whole and computes what it should here") {
    positional("bundle", bundle_, "folder that `clipstill export` wrote");
    runtime::declare_options(options(), runtime_);
    offer_json();
  }

  void run(Context& context) override {
    const auto result = runtime::verify_bundle(bundle_, runtime_);
    const auto allowed = runtime::allowed_difference(runtime_.precision);
    context.print_result(
        Json{{"bundle", bundle_},
             {"precision", runtime_.precision},
             {"onnxruntime", runtime::onnxruntime_version()},
             {"images", result.images.samples},
             {"image_difference", result.images.value},
             {"texts", result.texts.samples},
             {"text_difference", result.texts.value},
             {"allowed_difference", allowed}},
        fmt::format("{}: every file is as the manifest says\n"
                    "images: {} embeddings differ by at most {:.1e} (allowed {:.0e})\n"
                    "texts: {} embeddings differ by at most {:.1e}, token ids are the same",
                    bundle_, result.images.samples, result.images.value, allowed,
                    result.texts.samples, result.texts.value));
  }

 private:
  std::string bundle_;
  runtime::RuntimeOptions runtime_;
};

}  // namespace

void register_verify(CommandGroup& root) {
  root.add<Verify>();
}

}  // namespace clipstill::cli
