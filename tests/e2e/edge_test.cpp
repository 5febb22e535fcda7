// clipstill-edge as a user runs it, on the bundle in tests/data.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "../unit/cli/run_program.h"
#include "../unit/core/sanitizers.h"
#include "../unit/core/scratch_folder.h"
#include "../unit/runtime/fixture.h"
#include "bundle/safetensors.h"

namespace clipstill::runtime {
namespace {

using cli::ProgramResult;
using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;

// Through `clipstill`, which hands over to clipstill-edge.
ProgramResult run(std::vector<std::string> words, const std::string& input = {}) {
  words.insert(words.begin(), CLIPSTILL_BINARY);
  return cli::run_program(words, input);
}

std::vector<json> lines(const std::string& text) {
  std::vector<json> out;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) out.push_back(json::parse(line));
  return out;
}

std::string image(const std::string& name) {
  return (kImages / name).string();
}

TEST(EmbedProgram, PrintsJsonLines) {
  const auto result =
      run({"embed", kBundle.string(), image("red-disc.png"), image("blue-square.png")});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto rows = lines(result.out);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0]["input"], image("red-disc.png"));
  for (size_t i = 0; i < 2; ++i) {
    const auto name = fs::path(rows[i]["input"].get<std::string>()).filename().string();
    expect_near(rows[i]["embedding"].get<std::vector<float>>(), expected()["images"][name]);
  }
}

TEST(EmbedProgram, TakesTextsAsArgumentsOrLines) {
  const auto arguments =
      run({"embed", kBundle.string(), "a red disc", "蓝色方块", "--kind", "text"});
  ASSERT_EQ(arguments.exit_code, 0) << arguments.err;
  const auto input = run({"embed", kBundle.string(), "--kind", "text"}, "a red disc\r\n蓝色方块");
  EXPECT_EQ(input.out, arguments.out);
  expect_near(lines(input.out).at(1)["embedding"].get<std::vector<float>>(),
              expected()["texts"]["蓝色方块"]);
}

TEST(EmbedProgram, GivesARowForEveryLine) {
  const auto texts = run({"embed", kBundle.string(), "--kind", "text"}, "a red disc\n\n蓝色方块\n");
  ASSERT_EQ(texts.exit_code, 0) << texts.err;
  const auto rows = lines(texts.out);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[1]["input"], "");
  for (const auto& row : rows) {
    expect_near(row["embedding"].get<std::vector<float>>(),
                expected()["texts"][row["input"].get<std::string>()]);
  }
  const auto two = image("red-disc.png") + "\n\n";
  for (const auto& words : {std::vector<std::string>{"embed", kBundle.string()},
                            {"classify", kBundle.string(), "--labels", "red"}}) {
    const auto images = run(words, two);
    EXPECT_EQ(images.exit_code, 2);
    EXPECT_THAT(images.err, HasSubstr("input 2 (argument or line) is empty"));
    EXPECT_THAT(images.out, IsEmpty());
  }
}

// Told before any work: the image that cannot be read is not reached.
TEST(EmbedProgram, ChecksItsOutputFirst) {
  const ScratchFolder scratch;
  write_file(scratch / "broken.png", "no image");
  fs::create_directory(scratch / "folder.npy");
  for (const auto& [name, exit_code, message] :
       std::vector<std::tuple<std::string, int, std::string>>{
           {"nowhere/x.npy", 4, "no such file or folder"},
           {"broken.png/x.npy", 5, "Not a directory"},
           {"folder.npy", 2, "found a folder"}}) {
    const auto out = (scratch / name).string();
    const auto result =
        run({"embed", kBundle.string(), (scratch / "broken.png").string(), "--out", out});
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_THAT(result.err, HasSubstr(out));
    EXPECT_THAT(result.err, HasSubstr(message));
  }
  const auto out = (scratch / "x.npy").string();
  EXPECT_EQ(
      run({"embed", kBundle.string(), (scratch / "broken.png").string(), "--out", out}).exit_code,
      3);
  EXPECT_EQ(std::distance(fs::directory_iterator(scratch.path()), {}), 2);  // no trial is left
}

TEST(EmbedProgram, WritesEveryFormatOfAFolder) {
  const ScratchFolder scratch;
  for (const std::string name : {"x.npy", "x.safetensors", "x.jsonl"}) {
    const auto result = run({"embed", kBundle.string(), kImages.string(), "--out",
                             (scratch / name).string(), "--threads", "1", "--batch", "2"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.out, IsEmpty());
  }
  std::vector<float> wanted;
  json names;
  for (const auto& [name, row] : expected()["images"].items()) {
    for (const float value : row) wanted.push_back(value);
    names.push_back(image(name));
  }
  const bundle::SafetensorsFile file(scratch / "x.safetensors");
  EXPECT_EQ(file.tensor("embeddings").shape, (std::vector<int64_t>{3, 16}));
  EXPECT_EQ(json::parse(file.metadata().at("inputs")), names);
  const auto values = file.floats("embeddings");
  expect_near(values, wanted);

  const auto npy = read_file(scratch / "x.npy");
  EXPECT_THAT(npy, HasSubstr("'shape': (3, 16)"));
  EXPECT_EQ(npy.substr(npy.size() - 192),
            std::string(reinterpret_cast<const char*>(values.data()), 192));
  const auto rows = lines(read_file(scratch / "x.jsonl"));
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(rows.at(i)["input"], names[i]);
    EXPECT_EQ(rows[i]["embedding"].get<std::vector<float>>(),
              std::vector<float>(&values[16 * i], &values[16 * i] + 16));  // to the last bit
  }
}

TEST(EmbedProgram, NamesWhatIsWrong) {
  const auto bundle = kBundle.string();
  const BundleCopy copy;
  fs::create_directory(copy / "empty");
  write_file(copy / "cut.png", read_file(kImages / "red-disc.png").substr(0, 60));
  copy.edit("config.json", "/version", 2);
  struct Case {
    std::vector<std::string> words;
    int exit_code;
    std::string message;
  };
  for (const auto& [words, exit_code, message] : std::vector<Case>{
           {{"embed", "nowhere", "x.png"}, 4, "nowhere/config.json"},
           {{"embed", bundle, "nowhere.png"}, 4, "nowhere.png"},
           {{"embed", bundle, (copy / "empty").string()}, 4, "no .jpg"},
           {{"embed", bundle, (copy / "cut.png").string()}, 3, "cut.png"},
           {{"embed", bundle, "x", "--kind", "text", "--out", "x.txt"}, 2, ".safetensors"},
           {{"embed", bundle}, 2, "no inputs"},
           {{"embed", bundle, "x", "--kind", "text", "--precision", "int8"}, 4, "int8"},
           {{"embed", copy.path().string(), "x", "--kind", "text"}, 3, "version 2"},
           {{"classify", bundle, image("red-disc.png")}, 2, "no labels"},
           {{"verify", copy.path().string()}, 3, "version 2"}}) {
    const auto result = run(words);
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_THAT(result.out, IsEmpty());
  }
}

// Neither a damaged bundle nor a bug, and ONNX Runtime alone would wait for ever or abort.
TEST(EmbedProgram, TellsThatThereAreNoMoreThreads) {
  if (kHasSanitizer) GTEST_SKIP();
  const auto result =
      cli::run_program({"timeout", "60", "sh", "-c", "ulimit -v 1000000; exec \"$@\"", "sh",
                        CLIPSTILL_BINARY "-edge", "embed", kBundle.string(), "a", "--kind", "text",
                        "--threads", "1000"});
  EXPECT_EQ(result.exit_code, 5) << result.err;
  EXPECT_THAT(result.err, HasSubstr("fewer threads"));
}

// What ONNX Runtime collects about its use it keeps in ~/.cache.
TEST(EmbedProgram, LeavesNothingInTheHomeFolder) {
  const ScratchFolder home;
  const auto result = cli::run_program(
      {"env", "-u", "ORT_DISABLE_TELEMETRY", "-u", "XDG_CACHE_HOME", "HOME=" + home.path().string(),
       CLIPSTILL_BINARY "-edge", "embed", kBundle.string(), "a", "--kind", "text"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(fs::is_empty(home.path()));
}

TEST(ClassifyProgram, NamesTheImages) {
  const ScratchFolder scratch;
  write_file(scratch / "labels", "grey\n\nyellow\r\n");
  const auto result = run({"classify", kBundle.string(), kImages.string(), "--labels",
                           "red,green,blue", "--label_file", (scratch / "labels").string(),
                           "--templates", "{} disc,{} square", "--top", "2", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto rows = json::parse(result.out);
  ASSERT_EQ(rows.size(), 3u);
  for (const auto& row : rows) {
    ASSERT_EQ(row["labels"].size(), 2u);
    const auto name = fs::path(row["image"].get<std::string>()).filename().string();
    const auto label = row["labels"][0]["label"].get<std::string>();
    EXPECT_TRUE(name.starts_with(label)) << name << ": " << label;
    EXPECT_GT(row["labels"][0]["probability"], row["labels"][1]["probability"]);
  }
  const auto text =
      run({"classify", kBundle.string(), "--labels", "red,green"}, image("red-disc.png") + "\n");
  EXPECT_THAT(text.out, HasSubstr("red-disc.png"));
}

TEST(VerifyProgram, TellsHowNear) {
  const auto result = run({"verify", kBundle.string(), "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto report = json::parse(result.out);
  EXPECT_LT(report["image_difference"], 1e-5);
  EXPECT_LT(report["text_difference"], 1e-5);
  EXPECT_EQ(report["images"], 3);
  EXPECT_EQ(report["texts"], 5);
  EXPECT_THAT(run({"verify", kBundle.string()}).out, HasSubstr("as the manifest says"));
}

TEST(BenchProgram, MeasuresEveryInput) {
  const auto result =
      run({"bench", kBundle.string(), "--seconds", "0.01", "--threads", "1,2", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto report = json::parse(result.out);
  ASSERT_EQ(report["measurements"].size(), 4u);
  for (const auto& m : report["measurements"]) {
    EXPECT_EQ(m["precision"], "fp32");
    EXPECT_GT(m["per_second"], 0);
    EXPECT_LE(m["latency_p50_seconds"], m["latency_p95_seconds"]);
    EXPECT_LT(m["latency_p50_seconds"], m["cold_start_seconds"]);
    EXPECT_GT(m["peak_bytes"], 10'000'000);
  }
}

TEST(Edge, IsListedByBothExecutables) {
  for (const auto& program : {CLIPSTILL_BINARY, CLIPSTILL_BINARY "-edge"}) {
    const auto help = cli::run_program({program, "--help"});
    for (const char* command : {"embed", "classify", "verify", "bench", "tokenize"}) {
      EXPECT_THAT(help.out, HasSubstr(command)) << program;
    }
  }
}

}  // namespace
}  // namespace clipstill::runtime
