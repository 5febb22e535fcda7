#include "pretrained/inputs.h"

#include <gtest/gtest.h>

#include "../core/expect_error.h"
#include "../core/scratch_folder.h"
#include "core/files.h"
#include "core/log.h"

namespace clipstill::pretrained {
namespace {

const fs::path kData = CLIPSTILL_TEST_DATA;

/// A copy of a published model without its weights, to be damaged.
class Inputs : public testing::Test {
 protected:
  fs::path copy(const std::string& family, const std::string& name = "model") {
    const auto folder = scratch_ / name;
    fs::create_directories(folder);
    for (const auto& entry : fs::directory_iterator(kData / "teacher" / family)) {
      if (entry.path().string().find("safetensors") != std::string::npos) continue;
      fs::copy_file(entry.path(), folder / entry.path().filename(),
                    fs::copy_options::overwrite_existing);
    }
    return folder;
  }

  static void edit(const fs::path& file, const std::string& from, const std::string& to) {
    auto text = read_file(file);
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos) << file << " has no " << from;
    write_file(file, text.replace(at, from.size(), to));
  }

  static void expect_refused(const fs::path& folder, const std::vector<std::string>& words) {
    expect_error(ErrorCode::kBadData, words, [&] { load_inputs(folder); });
  }

  ScratchFolder scratch_;
};

TEST_F(Inputs, AreThoseOfTheFolder) {
  const auto clip = load_inputs(copy("clip", "a"));
  EXPECT_EQ(clip.context, 20);
  EXPECT_EQ(clip.preprocess.size, 32);
  EXPECT_EQ(clip.preprocess.resize_mode, image::ResizeMode::kShortestEdge);
  EXPECT_FALSE(clip.preprocess.blend_alpha);  // as the reference
  const auto chinese = load_inputs(copy("chinese_clip", "b"));
  EXPECT_EQ(chinese.context, 52);
  EXPECT_EQ(chinese.preprocess.resize_mode, image::ResizeMode::kStretch);
  const auto open_clip = load_inputs(copy("open_clip", "c"));
  EXPECT_EQ(open_clip.preprocess.mean, clip.preprocess.mean);
  EXPECT_FALSE(open_clip.preprocess.blend_alpha);
}

TEST_F(Inputs, AnotherModelsTokenizerIsRefused) {
  const auto folder = copy("clip");
  for (const char* name : {"tokenizer.json", "vocab.json", "merges.txt"}) fs::remove(folder / name);
  fs::copy_file(kData / "text" / "tokenizer.json", folder / "tokenizer.json");
  expect_refused(folder, {"tokenizer has", "the model was trained with"});
}

TEST_F(Inputs, AnotherEndTokenIsRefused) {
  const auto folder = copy("clip");
  edit(folder / "config.json", "\"eos_token_id\": ", "\"eos_token_id\": 1");
  expect_refused(folder, {"ends a text with token", "eos_token_id"});
}

TEST_F(Inputs, ImagesOfAnotherSizeAreRefused) {
  const auto folder = copy("chinese_clip");
  edit(folder / "config.json", "\"image_size\": 32", "\"image_size\": 48");
  expect_refused(folder, {"32 pixels", "48", "preprocessor_config.json"});
}

TEST_F(Inputs, MissingMergesAreNamed) {
  const auto folder = copy("clip");
  fs::remove(folder / "tokenizer.json");
  fs::remove(folder / "merges.txt");
  expect_error(ErrorCode::kMissingFile, {"merges.txt"}, [&] { load_inputs(folder); });
}

TEST_F(Inputs, UnknownPreprocessingOfOpenClipIsRefused) {
  const auto folder = copy("open_clip");
  edit(folder / "open_clip_config.json", "\"mean\"", "\"resize_mode\": \"longest\", \"mean\"");
  expect_refused(folder, {"preprocess_cfg", "resize_mode", "longest", "squash"});
}

TEST_F(Inputs, TransformersFiveKeepsPreprocessingElsewhere) {
  const auto folder = copy("clip");
  const auto old = read_file(folder / "preprocessor_config.json");
  fs::remove(folder / "preprocessor_config.json");
  write_file(folder / "processor_config.json", "{\"image_processor\": " + old + "}");
  EXPECT_EQ(load_inputs(folder).preprocess.fingerprint(),
            load_inputs(copy("clip", "other")).preprocess.fingerprint());
}

TEST_F(Inputs, AnActivationThatContradictsTheNameIsWorthAWarning) {
  std::string warning;
  set_log_sink([&](LogLevel level, std::string_view text) {
    if (level == LogLevel::kWarning) warning += text;
  });
  load_inputs(copy("open_clip", "laion-vit"));
  EXPECT_EQ(warning, "");
  load_inputs(copy("open_clip", "openai-vit"));
  EXPECT_NE(warning.find("quick_gelu"), std::string::npos) << warning;
  set_log_sink({});
}

TEST_F(Inputs, AFolderThatHoldsNoModelSaysWhatIsExpected) {
  expect_error(ErrorCode::kMissingFile, {"model folder", "Chinese-CLIP"},
               [&] { load_inputs(scratch_.path()); });
  write_file(scratch_ / "config.json", "{\"hello\": 1}");
  expect_refused(scratch_.path(), {"config.json", "clipstill-model", "model_type"});
}

}  // namespace
}  // namespace clipstill::pretrained
