// clipstill data emoji: the built-in data set.
#include <fmt/format.h>

#include "cli/context.h"
#include "clipstill/commands.h"
#include "core/interrupt.h"
#include "data/emoji.h"
#include "data/pairs_packed.h"

namespace clipstill::cli {
namespace {

class DataEmoji final : public Command {
 public:
  DataEmoji() : Command("emoji", "Build the bilingual emoji data set from its npm packages") {
    options().add("out", out_, "folder for the packed data and its card");
    data::declare_options(options(), emoji_);
    offer_json();
  }

  void run(Context& context) override {
    install_interrupt_handlers();
    const bool built = data::build_emoji(out_, emoji_);
    const size_t images = data::open_packed(out_)->records().size();
    context.print_result({{"folder", out_}, {"images", images}, {"built", built}},
                         fmt::format("{} {}: {} images; see DATA_CARD.md there for their licences",
                                     built ? "built" : "nothing to do for", out_, images));
  }

 private:
  std::string out_ = "out/emoji";
  data::EmojiOptions emoji_;
};

}  // namespace

void register_data_emoji(CommandGroup& data) {
  data.add<DataEmoji>();
}

}  // namespace clipstill::cli
