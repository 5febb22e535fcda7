// How much of a teacher's work is done at once, and that it changes no result.
#include "train/embedding_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "../core/expect_error.h"
#include "tiny_models.h"
#include "train/batch_tensors.h"
#include "train/evaluate.h"
#include "train/run_identity.h"
#include "train/teacher.h"
#include "train/threads.h"

namespace clipstill::train {
namespace {

using testing::ElementsAre;

constexpr int64_t kMB = 1 << 20;
constexpr int64_t kProcess = 350 * kMB;  // what is set aside for all but weights and activations

// A ViT-B/16 of one layer: 9 MB an image; texts of 16 tokens need less.
const nn::ClipModel& one_layer() {
  nn::ClipModelOptions o;
  o.image.arch = "clip_vit";
  o.image.size = 224;
  o.image.patch = 16;
  o.image.width = 768;
  o.image.blocks = {1};
  o.image.head_width = 64;
  o.text.arch = "clip_text";
  o.text.vocabulary = 100;
  o.text.context = 16;
  static const auto model = nn::make_clip_model(o, 1);
  return model;
}

EmbeddingPlan plan_of(const std::string& memory, int64_t threads) {
  TeacherOptions options;
  options.memory = memory;
  return plan_embedding(*one_layer(), options, threads);
}

TEST(MemoryLimit, ReadsSizes) {
  for (const auto& [text, bytes] :
       std::vector<std::pair<std::string, int64_t>>{{"", 0},
                                                    {"0", 0},
                                                    {"4G", 4'000'000'000},
                                                    {"512M", 512'000'000},
                                                    {"1.5e9", 1'500'000'000}}) {
    EXPECT_EQ(memory_limit(text), bytes) << text;
  }
  for (const char* text : {"4 G", "4GB", "G", "-1G", "nan", "inf", "4g"}) {
    expect_error(ErrorCode::kUsage, {"teacher.memory", "4G", text}, [&] { memory_limit(text); });
  }
}

TEST(EmbeddingPlan, PartsDoNotDependOnThreads) {
  const auto& model = one_layer();
  const auto one = plan_of("", 1), many = plan_of("0", 16);
  EXPECT_EQ(one.images, 64 * kMB / model->image_bytes());
  EXPECT_EQ(one.images, many.images);
  EXPECT_EQ(one.texts, many.texts);
  EXPECT_EQ(one.at_once, 1);
  EXPECT_EQ(many.at_once, 16);
  const auto activations = [](const EmbeddingPlan& plan) { return plan.bytes - kProcess; };
  EXPECT_GT(activations(many) - activations(one), 15 * 50 * kMB);
  EXPECT_LE(activations(many) - activations(one), 15 * 64 * kMB);
}

TEST(EmbeddingPlan, MemoryTakesThreadsFirstAndThenShrinksParts) {
  const auto free = plan_of("", 8);
  for (int64_t bytes = free.bytes; bytes > 0; bytes -= 20 * kMB) {
    const auto memory = std::to_string(bytes);
    EmbeddingPlan plan;
    try {
      plan = plan_of(memory, 8);
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("teacher.memory is " + memory));
      EXPECT_LT(bytes, kProcess + 64 * kMB);
      break;
    }
    EXPECT_LE(plan.bytes, bytes);
    EXPECT_GE(plan.images, 1);
    EXPECT_TRUE(plan.at_once == 1 || plan.images == free.images);
    EXPECT_EQ(plan.has_smaller_parts, plan.images < free.images || plan.texts < free.texts);
    ASSERT_GT(bytes, 20 * kMB) << "never too little";
  }
}

TEST(EmbedInParts, KeepsTheOrderWhateverTheThreads) {
  const torch::InferenceMode guard;
  std::mutex mutex;
  for (const int64_t at_once : {1, 2, 5}) {
    std::vector<int64_t> counts;
    const auto values =
        embed_in_parts(7, 3, {.at_once = at_once}, [&](int64_t first, int64_t count) {
          const std::lock_guard lock(mutex);
          counts.push_back(count);
          EXPECT_FALSE(torch::GradMode::is_enabled());
          std::vector<float> out;
          for (int64_t i = first; i < first + count; ++i) out.push_back(static_cast<float>(i));
          return out;
        });
    EXPECT_THAT(values, ElementsAre(0, 1, 2, 3, 4, 5, 6));
    EXPECT_THAT(counts, testing::UnorderedElementsAre(2, 2, 3));
  }
}

TEST(EmbedInParts, TheirNumberIsAMultipleWhereThereAreRowsEnough) {
  const auto counts = [](int64_t rows, int64_t part) {
    std::vector<int64_t> found;
    embed_in_parts(rows, part, {.parts_multiple = 4}, [&](int64_t, int64_t count) {
      found.push_back(count);
      return std::vector<float>();
    });
    return found;
  };
  EXPECT_THAT(counts(45, 7), ElementsAre(5, 6, 5, 6, 6, 5, 6, 6));
  EXPECT_THAT(counts(8, 100), ElementsAre(2, 2, 2, 2));
  EXPECT_THAT(counts(3, 100), ElementsAre(1, 1, 1));
  EXPECT_THAT(counts(0, 100), ElementsAre());
}

// Two parts that each wait for the other: neither ends if they come one after the other.
TEST(EmbedInParts, PartsRunAtTheSameTime) {
  std::mutex mutex;
  std::condition_variable changed;
  int begun = 0;
  set_threads(2);
  embed_in_parts(2, 1, {.at_once = 2}, [&](int64_t, int64_t) -> std::vector<float> {
    std::unique_lock lock(mutex);
    ++begun;
    changed.notify_all();
    EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(20), [&] { return begun == 2; }));
    return {};
  });
  set_threads(1);
}

TEST(EmbedInParts, AnErrorOfAPartIsThrown) {
  for (const int64_t at_once : {1, 3}) {
    expect_error(ErrorCode::kBadData, {"row 4"}, [&] {
      embed_in_parts(6, 2, {.at_once = at_once}, [](int64_t first, int64_t) -> std::vector<float> {
        if (first == 4) fail(ErrorCode::kBadData, "row {}", first);
        return {};
      });
    });
  }
}

TEST(EmbedInParts, ThreadsChangeNoBitOfAModel) {
  auto model = tiny_model(tiny_data(), 3);
  const torch::InferenceMode guard;
  const auto images = torch::randn({10, 3, 16, 16});
  const auto embedded = [&](int64_t threads) {
    set_threads(threads);
    return embed_in_parts(10, 3, {.at_once = threads}, [&](int64_t first, int64_t count) {
      return values_of(model.network->encode_image(images.narrow(0, first, count)));
    });
  };
  const auto one = embedded(1), three = embedded(3);
  set_threads(1);
  EXPECT_EQ(one, three);
}

TEST(EmbedTokens, GivesTheRowsOfTheWholeBatchInItsOrder) {
  const auto lengths = torch::tensor({6, 2, 3, 2, 7, 3, 2});
  const auto mask = torch::arange(7).unsqueeze(0) < lengths.unsqueeze(1);
  const auto ids = torch::arange(7 * 7).view({7, 7}).remainder(40) * mask;
  auto network = nn::make_clip_model(tiny_options(), 3);
  const torch::InferenceMode guard;
  const auto whole = network->encode_text(ids, mask);
  for (const int64_t part : {1, 2, 3, 8}) {
    auto rows = embed_tokens(network, ids, mask, {.texts = part, .at_once = 2});
    EXPECT_LT((torch::from_blob(rows.data(), whole.sizes()) - whole).abs().max().item<double>(),
              1e-6)
        << "parts of " << part;
  }
}

class TeacherEmbedder : public testing::Test {
 protected:
  TeacherEmbedder() { config_.train.views = 2; }

  RunData data_ = tiny_data();
  Model model_ = tiny_model(data_, 3);
  RunConfig config_;
  torch::InferenceMode guard_;
};

TEST_F(TeacherEmbedder, ThreadsChangeNoBit) {
  const auto embedded = [&](int64_t threads) {
    set_threads(threads);
    const auto embedder = teacher_embedder(config_, "teacher", data_, model_);
    return std::pair(embedder.images(0, data_.train.size()), embedder.texts(0, 5));
  };
  const auto one = embedded(1), three = embedded(3);
  set_threads(1);
  EXPECT_EQ(one, three);
  const auto begin = data_.train.texts().begin();
  EXPECT_THAT(one.second, testing::Pointwise(testing::FloatNear(1e-6f),
                                             embed_texts(model_, {begin, begin + 5})));
}

TEST_F(TeacherEmbedder, SmallerPartsAreLoggedOnce) {
  set_threads(1);
  const auto logged = [&](int64_t bytes) {
    config_.teacher.memory = std::to_string(bytes);
    const data::WarningLog log;
    const auto embedder = teacher_embedder(config_, "big", data_, model_);
    embedder.images(0, 2);
    embedder.images(2, 2);
    return log.text();
  };
  const auto all = plan_embedding(*model_.network, {}, torch::get_num_threads()).bytes;
  EXPECT_EQ(logged(all), "");
  const auto text = logged(all - 63 * kMB);
  EXPECT_EQ(std::ranges::count(text, '\n'), 1);
  for (const char* part : {"teacher big", "teacher.memory", "last bits"}) {
    EXPECT_THAT(text, testing::HasSubstr(part));
  }
}

TEST(EmbedTeacher, MemoryAndDeviceDoNotMakeAnotherRun) {
  const auto data = tiny_data();
  const auto model = tiny_model(data, 3);
  RunConfig plain, limited;
  limited.teacher.memory = "4G";
  limited.teacher.device = "cuda";
  EXPECT_EQ(run_hash(plain, data, *model.tokenizer), run_hash(limited, data, *model.tokenizer));
}

TEST(EmbedTeacher, ADeviceThatIsNotThereIsNamed) {
  TeacherOptions options;
  options.device = "cuda";
  if (torch::cuda::is_available()) GTEST_SKIP();
  expect_error(ErrorCode::kUsage, {"teacher.device", "cuda", "teacher.device=cpu"},
               [&] { load_teacher(options, options.folder); });
}

}  // namespace
}  // namespace clipstill::train
