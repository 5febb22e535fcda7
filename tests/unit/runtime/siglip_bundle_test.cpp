// Bundles whose tokenizer is SigLIP's: spiece.model and tokenizer_config.json.
#include <gtest/gtest.h>

#include "../core/expect_error.h"
#include "../text/siglip_fixture.h"
#include "bundle/safetensors.h"
#include "fixture.h"
#include "runtime/selftest.h"

namespace clipstill::runtime {
namespace {

const RuntimeOptions kSiglipOptions{.threads = 1};

// The fixture with another tokenizer of as many tokens; its self-test then has ids alone.
class SiglipBundle : public testing::Test {
 protected:
  SiglipBundle() {
    auto pieces = text::tiny_siglip();
    const auto config = nlohmann::json::parse(read_file(kBundle / "config.json"));
    while (pieces.pieces.size() < config.at("vocabulary_size")) {
      pieces.pieces.push_back({"never" + std::to_string(pieces.pieces.size()), -50});
    }
    auto names = nlohmann::json::array();
    for (const auto& [name, content] : text::SiglipTokenizer(model_file(pieces)).files()) {
      names.push_back(name);
      write_file(copy_ / name, content);
    }
    const bundle::SafetensorsFile selftest(kBundle / "selftest.safetensors");
    bundle::write_safetensors(copy_ / "selftest.safetensors", selftest.tensors());
    fs::remove(copy_ / "tokenizer.json");
    copy_.edit("config.json", "/tokenizer", names);
  }
  void expect_refused(ErrorCode code, const std::vector<std::string>& words) const {
    expect_error(code, words, [&] { TextEncoder(BundleFolder(copy_.path()), kSiglipOptions); });
    expect_error(code, words, [&] { verify_bundle(copy_.path(), kSiglipOptions); });
  }

  BundleCopy copy_;
};

TEST_F(SiglipBundle, Embeds) {
  const TextEncoder encoder(BundleFolder(copy_.path()), kSiglipOptions);
  const std::vector<int64_t> ids{7, 8, 1}, mask{1, 1, 1};  // ▁a ▁dog </s>
  std::vector<float> expected(static_cast<size_t>(encoder.width())), found(expected.size());
  encoder.run(ids, mask, 1, 3, expected);
  encoder.embed(std::vector<std::string_view>{"A (dog)"}, found);
  EXPECT_EQ(found, expected);
  verify_bundle(copy_.path(), kSiglipOptions);
}

TEST_F(SiglipBundle, NeedsItsFilesAsTheyWere) {
  for (const std::string name : {"spiece.model", "tokenizer_config.json"}) {
    const auto whole = read_file(copy_ / name);
    write_file(copy_ / name, whole + " ");
    expect_refused(ErrorCode::kBadData, {(copy_ / name).string(), "damaged"});
    fs::remove(copy_ / name);
    expect_refused(ErrorCode::kMissingFile, {(copy_ / name).string()});
    write_file(copy_ / name, whole);
  }
}

TEST_F(SiglipBundle, HasOneTokenizer) {
  copy_.replace("tokenizer.json", read_file(kBundle / "tokenizer.json"));
  expect_refused(ErrorCode::kBadData,
                 {(copy_ / "tokenizer.json").string(), "second tokenizer", "beside spiece.model"});
  copy_.edit("config.json", "/tokenizer", {"tokenizer.json"});
  expect_refused(ErrorCode::kBadData, {(copy_ / "spiece.model").string(), "second tokenizer"});
  fs::remove(copy_ / "spiece.model");
  fs::remove(copy_ / "tokenizer.json");
  bundle::write_manifest(copy_.path());
  expect_refused(ErrorCode::kMissingFile, {(copy_ / "tokenizer.json").string()});
}

TEST_F(SiglipBundle, IsAskedForATokenizerOfItsSize) {
  copy_.edit("config.json", "/vocabulary_size", 121);
  expect_refused(ErrorCode::kBadData, {(copy_ / "spiece.model").string(), "121"});
}

}  // namespace
}  // namespace clipstill::runtime
