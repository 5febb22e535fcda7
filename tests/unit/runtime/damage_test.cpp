// Bundles that must not load. Each is refused by name, before or by the first encoder that needs
// what is wrong.
#include <gtest/gtest.h>

#include "../core/expect_error.h"
#include "bundle/safetensors.h"
#include "fixture.h"
#include "runtime/selftest.h"

namespace clipstill::runtime {
namespace {

const RuntimeOptions kOptions{.threads = 1};

void load(const fs::path& path) {
  const BundleFolder folder(path);
  const ImageEncoder images(folder, kOptions);
  const TextEncoder texts(folder, kOptions);
}

void expect_refused(const BundleCopy& copy, ErrorCode code, const std::vector<std::string>& words) {
  expect_error(code, words, [&] { load(copy.path()); });
  expect_error(code, words, [&] { verify_bundle(copy.path(), kOptions); });
}

const std::vector<std::string> kFiles{"config.json",
                                      "tokenizer.json",
                                      "preprocessor_config.json",
                                      "onnx/image_encoder.onnx",
                                      "onnx/text_encoder.onnx",
                                      "selftest.safetensors"};

TEST(Damage, TheFixtureItselfLoads) {
  load(kBundle);
  const auto result = verify_bundle(kBundle, kOptions);
  EXPECT_EQ(result.images.samples, 3);
  EXPECT_EQ(result.texts.samples, 5);
  EXPECT_LT(result.images.value, 1e-5);
  EXPECT_LT(result.texts.value, 1e-5);
}

TEST(Damage, AFolderThatIsNoBundle) {
  const ScratchFolder scratch;
  expect_error(ErrorCode::kMissingFile, {"config.json", "expected a bundle"},
               [&] { load(scratch.path()); });
  expect_error(ErrorCode::kMissingFile, {"nowhere"}, [&] { load("nowhere"); });
}

TEST(Damage, EveryFileThatIsMissing) {
  for (const auto& name : kFiles) {
    const BundleCopy copy;
    fs::remove(copy / name);
    expect_refused(copy, ErrorCode::kMissingFile, {(copy / name).string()});
  }
  const BundleCopy copy;
  fs::remove(copy / "manifest.json");
  expect_refused(copy, ErrorCode::kMissingFile, {"manifest.json"});
}

TEST(Damage, EveryFileThatIsCutOrChanged) {
  for (const auto& name : kFiles) {
    const auto whole = read_file(kBundle / name);
    for (const size_t size : {size_t{0}, whole.size() / 2, whole.size() - 1}) {
      const BundleCopy copy;
      write_file(copy / name, whole.substr(0, size));
      expect_refused(copy, ErrorCode::kBadData, {(copy / name).string(), "damaged"});
    }
    for (const size_t at : {size_t{0}, whole.size() / 3, whole.size() - 1}) {
      auto changed = whole;
      changed[at] ^= 4;
      const BundleCopy copy;
      write_file(copy / name, changed);
      expect_refused(copy, ErrorCode::kBadData, {(copy / name).string(), "damaged"});
    }
  }
}

TEST(Damage, AFileThatTheManifestDoesNotList) {
  const BundleCopy copy;
  copy.edit("config.json", "/text_encoder", "onnx/other.onnx");
  fs::copy(copy / "onnx/text_encoder.onnx", copy / "onnx/other.onnx");
  expect_refused(copy, ErrorCode::kBadData, {"other.onnx", "not listed"});
}

// From here on the manifest fits: whoever changed the bundle wrote it again.

TEST(Tampering, ANewerVersion) {
  const BundleCopy copy;
  copy.edit("config.json", "/version", 2);
  expect_refused(copy, ErrorCode::kBadData, {"config.json", "version 2", "newer clipstill"});
}

TEST(Tampering, AnEncoderOutsideTheBundle) {
  const BundleCopy copy;
  copy.edit("config.json", "/image_encoder", "../image_encoder.onnx");
  expect_refused(copy, ErrorCode::kBadData, {"config.json", "image_encoder"});
}

TEST(Tampering, WeightsInAnotherFile) {
  const BundleCopy copy;
  // ModelProto.graph.initializer.data_location = EXTERNAL, joined to the graph that is there.
  copy.replace("onnx/text_encoder.onnx",
               read_file(kBundle / "onnx/text_encoder.onnx") + "\x3a\x04\x2a\x02\x70\x01");
  expect_refused(copy, ErrorCode::kBadData, {"text_encoder.onnx", "another file"});
}

TEST(Tampering, AnEncoderThatIsNoGraph) {
  for (const auto& [content, word] : std::vector<std::pair<std::string, std::string>>{
           {"", "empty"}, {"not a graph", "ONNX"}, {std::string("\x08\x08", 2), "cannot load"}}) {
    const BundleCopy copy;
    copy.replace("onnx/image_encoder.onnx", content);
    expect_refused(copy, ErrorCode::kBadData, {"image_encoder.onnx", word});
  }
}

TEST(Tampering, TheOtherTower) {
  const BundleCopy copy;
  copy.replace("onnx/image_encoder.onnx", read_file(kBundle / "onnx/text_encoder.onnx"));
  expect_refused(copy, ErrorCode::kBadData, {"image_encoder.onnx", "pixel_values", "input_ids"});
}

TEST(Tampering, AnotherWidth) {
  const BundleCopy copy;
  copy.edit("config.json", "/embed_dim", 32);
  expect_refused(copy, ErrorCode::kBadData, {"image_encoder.onnx", "[?, 32]", "[?, 16]"});
}

TEST(Tampering, AnotherTokenizer) {
  const BundleCopy copy;
  copy.edit("config.json", "/vocabulary_size", 121);
  expect_refused(copy, ErrorCode::kBadData, {"tokenizer.json", "121"});
  const BundleCopy other;
  auto json = nlohmann::json::parse(read_file(kBundle / "tokenizer.json"));
  auto& vocabulary = json["model"]["vocab"];
  std::swap(vocabulary["a"], vocabulary["b"]);
  other.replace("tokenizer.json", json.dump());
  expect_refused(other, ErrorCode::kBadData, {"other ids"});
}

TEST(Tampering, AnotherImageSize) {
  const BundleCopy copy;
  copy.edit("config.json", "/image_size", 64);
  expect_refused(copy, ErrorCode::kBadData, {"preprocessor_config.json", "32", "64"});
}

// The weights are where the file's end is; a changed one changes the embeddings.
TEST(Tampering, AWeight) {
  for (const std::string name : {"image_encoder", "text_encoder"}) {
    const BundleCopy copy;
    auto graph = read_file(kBundle / "onnx" / (name + ".onnx"));
    for (size_t i = 0; i < 512; ++i) graph[graph.size() / 2 + i] ^= 0x40;
    copy.replace("onnx/" + name + ".onnx", graph);
    expect_refused(copy, ErrorCode::kBadData, {name});
  }
}

TEST(Tampering, SelftestsOfAnotherShape) {
  const BundleCopy copy;
  const bundle::SafetensorsFile file(kBundle / "selftest.safetensors");
  for (const auto& [name, view] : file.tensors()) {
    auto tensors = file.tensors();
    tensors.erase(name);
    bundle::write_safetensors(copy / "selftest.safetensors", tensors, file.metadata());
    bundle::write_manifest(copy.path());
    expect_refused(copy, ErrorCode::kBadData, {"selftest.safetensors", name});

    tensors = file.tensors();
    tensors[name].shape.insert(tensors[name].shape.begin(), 1);
    bundle::write_safetensors(copy / "selftest.safetensors", tensors, file.metadata());
    bundle::write_manifest(copy.path());
    expect_refused(copy, ErrorCode::kBadData, {"selftest.safetensors", "shape"});
  }
}

TEST(Tampering, TokensOutsideTheVocabulary) {
  const bundle::SafetensorsFile file(kBundle / "selftest.safetensors");
  auto tensors = file.tensors();
  const std::vector<uint8_t> ids(tensors["input_ids"].bytes.size(), 0x7f);
  tensors["input_ids"].bytes = ids;
  const BundleCopy copy;
  bundle::write_safetensors(copy / "selftest.safetensors", tensors);  // no texts to compare with
  bundle::write_manifest(copy.path());
  expect_refused(copy, ErrorCode::kBadData, {"text_encoder.onnx", "failed to run"});
}

}  // namespace
}  // namespace clipstill::runtime
