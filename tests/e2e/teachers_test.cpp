// A student of two teachers: their soft labels, its training, and what a comparison says of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "run_folder.h"
#include "scene.h"

namespace clipstill::e2e {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::HasSubstr;

// A narrower teacher beside that of the scene, whose soft labels are there already.
class Teachers : public testing::Test {
 protected:
  Teachers() {
    const auto trained =
        clipstill({"train", scene_.teacher_config().string(), "--out",
                   (scratch_ / "second").string(), "train.seed=2", "model.embed_dim=24"});
    EXPECT_EQ(trained.exit_code, 0) << trained.err;
    fs::copy(scene_.cache(), cache_, fs::copy_options::recursive);
  }
  std::string second() const { return (scratch_ / "second" / "best").string(); }
  std::string config(const std::string& name, const std::string& more) const {
    return scene_.set().write_config(name, distilled(scene_.teacher(), cache_) + more).string();
  }
  std::string two() const {
    return config("two", "teacher.others = [\"" + second() + "\"]\nteacher.weights = [1, 2]\n");
  }

  const Scene& scene_ = Scene::get();
  ScratchFolder scratch_;
  fs::path cache_ = scratch_ / "cache";
};

TEST_F(Teachers, TheSecondIsEmbeddedBesideTheFirst) {
  const auto plan = printed({"plan", two(), "teacher.cache=" + (scratch_ / "none").string()});
  const auto& labels = plan.at("stages").at(0);
  EXPECT_THAT(labels.at("what"), HasSubstr("2 teachers"));

  const auto before = files_below(cache_);
  const auto first = printed({"teacher", "embed", two()});
  EXPECT_EQ(first.at("teachers"), 2);
  EXPECT_EQ(first.at("embedded"), first.at("images").get<int>() + first.at("texts").get<int>());
  EXPECT_EQ(printed({"teacher", "embed", two()}).at("embedded"), 0);
  const auto after = files_below(cache_);
  EXPECT_EQ(after.size(), 2 * before.size());
  for (const auto& [name, content] : before) EXPECT_TRUE(after.at(name) == content) << name;
  size_t bytes = 0;
  for (const auto& [name, content] : after) bytes += content.size();
  EXPECT_GT(bytes, labels.at("disk_bytes"));  // the rest are names and fingerprints
  EXPECT_LT(bytes, labels.at("disk_bytes").get<size_t>() + 2 * 8192);
}

TEST_F(Teachers, AfterAKillTheRunIsTheSame) {
  const auto train = [&](const char* name) {
    return std::vector<std::string>{"train", two(), "--out", (scratch_ / name).string()};
  };
  const auto whole = clipstill(train("whole"));
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  Child child(clipstill_words(train("run")));
  child.run_until([&] { return !checkpoint_steps(scratch_ / "run").empty(); });
  child.send(SIGKILL);
  child.result();
  const auto resumed = clipstill(train("run"));
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("continuing at step"));
  expect_same_run(scratch_ / "run", scratch_ / "whole", kSteps);
  // One teacher alone teaches something else.
  EXPECT_TRUE(read_file(scratch_ / "run/best/model.safetensors") !=
              read_file(scene_.student_run() / "best/model.safetensors"));
}

TEST_F(Teachers, AComparisonMeasuresTheFirst) {
  const auto compared = config("compared", "compare.out = \"" + (scratch_ / "out").string() +
                                               "\"\n[[variant]]\nname = \"one\"\n"
                                               "[[variant]]\nname = \"two\"\nteacher.others = [\"" +
                                               second() + "\"]\n");
  const auto result = clipstill({"compare", compared, "train.steps=6"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto report = json::parse(read_file(scratch_ / "out/report/report.json"));
  EXPECT_EQ(report.at("teacher").at("description"), scene_.teacher().string());
  EXPECT_THAT(report.at("notes").get<std::vector<std::string>>(),
              Contains(HasSubstr("learned from several teachers")));
}

}  // namespace
}  // namespace clipstill::e2e
