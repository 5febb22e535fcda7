// Photos that their Exif turns, from the pairs to what runs a bundle.
#include "image/orientation.h"
#include "core/bytes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "run_folder.h"
#include "scene.h"

namespace clipstill::e2e {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// Embeddings by ONNX Runtime of a picture that Exif turns, and of the same one standing upright.
std::pair<json, json> embeddings(const fs::path& bundle, const fs::path& upright) {
  const auto turned = fs::path(CLIPSTILL_TEST_DATA) / "orientation" / "png-6.png";
  const auto result = clipstill({"embed", bundle.string(), turned.string(), upright.string()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  std::istringstream lines(result.out);
  std::pair<json, json> rows;
  for (auto* row : {&rows.first, &rows.second}) {
    std::string line;
    std::getline(lines, line);
    *row = json::parse(line).at("embedding");
  }
  return rows;
}

TEST(Orientation, ABundleTurnsImagesAsItsTrainingDid) {
  const auto& set = Scene::get().set();
  const ScratchFolder scratch;
  const auto run = (scratch / "run").string(), bundle = (scratch / "bundle").string();
  const auto upright = scratch / "upright.png";
  const auto turned = read_file(fs::path(CLIPSTILL_TEST_DATA) / "orientation" / "png-6.png");
  const auto bytes = bytes_of(turned);
  write_file(upright, image::encode_png(image::decode_oriented(bytes, "png-6", true)));
  for (const bool apply : {true, false}) {
    SCOPED_TRACE(apply);
    fs::remove_all(run);
    const auto config = set.write_config("upright", native());
    const auto trained = clipstill({"train", config.string(), "--out", run, "train.steps=2",
                                    apply ? "data.apply_orientation=true" : "train.seed=1"});
    ASSERT_EQ(trained.exit_code, 0) << trained.err;
    const auto exported = clipstill({"export", run + "/best", "--out", bundle});
    ASSERT_EQ(exported.exit_code, 0) << exported.err;
    const auto pixels = json::parse(read_file(fs::path(bundle) / "preprocessor_config.json"));
    EXPECT_EQ(pixels.value("apply_orientation", false), apply);
    const auto [first, second] = embeddings(bundle, upright);
    EXPECT_EQ(first == second, apply);
  }
}

TEST(Orientation, ACacheMadeWithTheOtherSettingIsRefused) {
  const auto& scene = Scene::get();
  const auto result = clipstill(
      {"teacher", "embed", scene.student_config().string(), "data.apply_orientation=true"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("what differs: preprocessing."));
}

TEST(Orientation, DataCheckTellsHowManyImagesAskForIt) {
  const auto folder = fs::path(CLIPSTILL_TEST_DATA) / "orientation";
  const ScratchFolder scratch;
  std::string table = "image,text\n";
  for (const char* name : {"jpg-1.jpg", "jpg-8.jpg", "webp-3.webp"}) {
    table += (folder / name).string() + ",a picture\n";
  }
  write_file(scratch / "pairs.csv", table);
  const std::vector<std::string> check{"data", "check", (scratch / "pairs.csv").string(), "--json"};
  const auto stored = clipstill(check);
  ASSERT_EQ(stored.exit_code, 0) << stored.err;
  EXPECT_EQ(json::parse(stored.out).at("images").at("turned_by_exif"), 2);
  EXPECT_EQ(json::parse(stored.out).at("images").at("height").at("max"), 4);
  auto turned_check = check;
  turned_check.push_back("--apply_orientation");
  EXPECT_EQ(json::parse(clipstill(turned_check).out).at("images").at("height").at("max"), 7);
}

}  // namespace
}  // namespace clipstill::e2e
