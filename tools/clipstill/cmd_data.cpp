// clipstill data: look at, check and pack image-text pairs.
#include <fmt/format.h>

#include "cli/context.h"
#include "clipstill/commands.h"
#include "core/error.h"
#include "core/files.h"
#include "core/interrupt.h"
#include "data/audit_report.h"
#include "data/contact_sheet.h"
#include "data/pairs.h"
#include "data/pairs_pack.h"
#include "image/codec.h"
#include "pretrained/inputs.h"
#include "text/tokenizer.h"

namespace clipstill::cli {
namespace {

constexpr const char* kPathHelp =
    "pairs: a .csv, .tsv, .jsonl, .json (COCO), .token (Flickr30k) or .tar file, or a folder "
    "(images, tar archives, Chinese-CLIP tables, packed data)";

void add_pair_options(OptionSet& set, data::PairOptions& options) {
  set.add("default_language", options.default_language,
          "language of the texts whose source names none, as data.default_language in training");
  set.add("max_bad_share", options.max_bad_share,
          "share of the rows that may be bad (unreadable, no image, no text, duplicate id)")
      .range(0, 1);
}

void add_orientation(OptionSet& set, bool& apply_orientation) {
  set.add("apply_orientation", apply_orientation,
          "turn images upright as their Exif says, as data.apply_orientation does in training");
}

class DataCheck final : public Command {
 public:
  DataCheck() : Command("check", "Decode every image, find bad rows and duplicates, count tokens") {
    positional("data", path_, kPathHelp);
    options().add("tokenizer", tokenizer_,
                  "tokenizer.json, vocab.txt, vocab.json or spiece.model, or a folder with one");
    options()
        .add("context", context_, "tokens that the model sees of a text; needs --tokenizer")
        .range(2, 1 << 20);
    options().add("teacher", teacher_,
                  "model folder whose tokenizer and context are to be used: tells whether this "
                  "teacher can read these texts");
    add_orientation(options(), apply_orientation_);
    add_pair_options(options(), pairs_);
    offer_json();
  }

  void run(Context& context) override {
    install_interrupt_handlers();
    // Every bad row is wanted in the report, so opening must not stop at the first few.
    const auto source =
        data::open_pairs(path_, {.max_bad_share = 1, .default_language = pairs_.default_language});
    const auto [tokenizer, tokens] = what_reads_the_texts();
    const auto audit = data::audit_pairs(*source, {tokenizer.get(), tokens, apply_orientation_});
    context.print_result(data::audit_to_json(audit), data::audit_to_text(audit));
    if (audit.bad_share() > pairs_.max_bad_share) {
      fail(ErrorCode::kBadData,
           "{}: {} bad rows and {} unreadable images, {:.3f} % of all, more than the {:.3f} % "
           "allowed (max_bad_share); correct or remove them",
           path_, audit.bad_rows.size(), audit.images.unreadable.size(), 100 * audit.bad_share(),
           100 * pairs_.max_bad_share);
    }
  }

 private:
  std::pair<std::shared_ptr<const text::Tokenizer>, int64_t> what_reads_the_texts() const {
    if (!teacher_.empty() && !tokenizer_.empty()) {
      fail(ErrorCode::kUsage, "--teacher brings its own tokenizer; leave --tokenizer out");
    }
    if (!teacher_.empty()) {
      const auto inputs = pretrained::load_inputs(teacher_);
      return {inputs.tokenizer, inputs.context};
    }
    if (!tokenizer_.empty()) return {text::load_tokenizer(tokenizer_), context_};
    return {nullptr, context_};
  }

  std::string path_, tokenizer_, teacher_;
  int64_t context_ = data::AuditOptions().context;
  bool apply_orientation_ = false;
  data::PairOptions pairs_;
};

class DataStats final : public Command {
 public:
  DataStats() : Command("stats", "Count records, texts, languages, labels, domains and splits") {
    positional("data", path_, kPathHelp);
    add_pair_options(options(), pairs_);
    offer_json();
  }

  void run(Context& context) override {
    const auto audit = data::count_pairs(*data::open_pairs(path_, pairs_));
    context.print_result(data::audit_to_json(audit), data::audit_to_text(audit));
  }

 private:
  std::string path_;
  data::PairOptions pairs_;
};

class DataShow final : public Command {
 public:
  DataShow() : Command("show", "Draw a contact sheet (PNG) of images with their texts") {
    positional("data", path_, kPathHelp);
    options().add("out", out_, "PNG file to write");
    options().add("domain", sheet_.domain, "only images of this domain");
    options().add("lang", sheet_.lang, "only images with a text in this language; shows that text");
    options().add("count", sheet_.count, "images, spread evenly over the data").range(1, 2000);
    options().add("columns", sheet_.columns, "images in a row").range(1, 100);
    options().add("thumbnail", sheet_.thumbnail, "edge of a thumbnail in pixels").range(32, 512);
    add_orientation(options(), sheet_.apply_orientation);
    add_pair_options(options(), pairs_);
    offer_json();
  }

  void run(Context& context) override {
    const auto source = data::open_pairs(path_, pairs_);
    const auto chosen = data::choose_for_sheet(*source, sheet_);
    write_file(out_, image::encode_png(data::draw_contact_sheet(*source, chosen, sheet_)));
    // The texts whole: a caption below a thumbnail is short, and the machine may lack its font.
    Json images = Json::array();
    std::vector<std::vector<std::string>> rows{{"row", "column", "id", "texts"}};
    for (size_t i = 0; i < chosen.size(); ++i) {
      const auto& record = source->records()[chosen[i]];
      const auto row = i / static_cast<size_t>(sheet_.columns) + 1;
      const auto column = i % static_cast<size_t>(sheet_.columns) + 1;
      StringList texts;
      for (const auto& text : record.texts) texts.push_back(text.text);
      rows.push_back({std::to_string(row), std::to_string(column), record.id, joined(texts)});
      images.push_back({{"row", row}, {"column", column}, {"id", record.id}, {"texts", texts}});
    }
    context.print_result({{"sheet", out_}, {"images", std::move(images)}},
                         format_table(rows) + "\n" + out_);
  }

 private:
  static std::string joined(const StringList& texts) {
    std::string line;
    for (const auto& text : texts) line += (line.empty() ? "" : " / ") + text;
    return line;
  }

  std::string path_, out_ = "contact-sheet.png";
  data::ContactSheetOptions sheet_;
  data::PairOptions pairs_;
};

class DataPack final : public Command {
 public:
  DataPack() : Command("pack", "Write pairs as WebDataset shards with an index, for training") {
    positional("data", path_, kPathHelp);
    positional("out", out_, "folder to write");
    add_pair_options(options(), pairs_);
    offer_json();
  }

  void run(Context& context) override {
    install_interrupt_handlers();
    const auto source = data::open_pairs(path_, pairs_);
    const auto summary = data::pack_pairs(*source, out_, pairs_);
    Json unreadable = Json::array();
    auto text = fmt::format("{}: {} records packed", out_, summary.packed);
    for (const auto& row : summary.unreadable) {
      unreadable.push_back({{"origin", row.origin}, {"reason", row.reason}});
      text += fmt::format("\n  left out: {}: {}", row.origin, row.reason);
    }
    context.print_result({{"folder", out_},
                          {"packed", summary.packed},
                          {"bad_rows", source->bad_rows().size()},
                          {"unreadable", std::move(unreadable)}},
                         text);
  }

 private:
  std::string path_, out_;
  data::PairOptions pairs_;
};

}  // namespace

void register_data(CommandGroup& root) {
  auto& group = root.group("data", "Build, check, show and pack image-text pairs");
  register_data_emoji(group);
  group.add<DataCheck>();
  group.add<DataStats>();
  group.add<DataShow>();
  group.add<DataPack>();
}

}  // namespace clipstill::cli
