#include "train/trial.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "core/machine.h"
#include "core/parallel.h"
#include "core/stopwatch.h"
#include "data/decoded_images.h"
#include "metrics/retrieval.h"
#include "train/batch_tensors.h"
#include "train/embedding_plan.h"
#include "train/evaluate.h"
#include "train/initial_network.h"
#include "train/teacher.h"
#include "train/threads.h"

namespace clipstill::train {
namespace {

constexpr double kWarmUpSeconds = 3, kMeasuredSeconds = 5;
constexpr int64_t kLeastSteps = 2, kMostSteps = 60;
constexpr int64_t kTextsTimed = 256, kRanked = 1000;
constexpr int64_t kCheckpoints = 3;  // two kept, and the one being written

/// Seconds of one call of `work`: repeated for `seconds`, at least `least` times.
template <class Work>
double time_each(double seconds, int64_t least, int64_t most, Work&& work) {
  const Stopwatch watch;
  int64_t count = 0;
  while (count < most && (count < least || watch.seconds() < seconds)) {
    work();
    ++count;
  }
  return watch.seconds() / static_cast<double>(count);
}

int64_t bytes_of(const NamedTensors& tensors) {
  int64_t bytes = 0;
  for (const auto& [name, tensor] : tensors) bytes += tensor.numel() * int64_t{sizeof(float)};
  return bytes;
}

// Rows of unit length, as the cache of a teacher would give them.
std::vector<float> random_rows(int64_t rows, int64_t width) {
  auto values = torch::randn({rows, width});
  values /= values.norm(2, 1, /*keepdim=*/true);
  return values_of(values);
}

// Ranking takes queries x targets products in each direction and language.
double ranking_seconds(int64_t queries, int64_t width) {
  const int64_t n = std::min(queries, kRanked);
  if (n == 0) return 0;
  const auto rows = random_rows(n, width);
  std::vector<int64_t> labels(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) labels[static_cast<size_t>(i)] = i;
  const double scale = static_cast<double>(queries) / static_cast<double>(n);
  return scale * scale * seconds_of([&] {
           metrics::correct_ranks({rows, n, width}, labels, {rows, n, width}, labels);
         });
}

/// How fast a model embeds, measured on pairs of `set`.
class EmbeddingSpeed {
 public:
  EmbeddingSpeed(Model& model, const data::PairSet& set)
      : width_(model.network->options().embed_dim) {
    model.network->eval();
    const torch::InferenceMode guard;
    const int64_t images = std::min(set.size(), model.network->images_at_once());
    if (images == 0) return;
    image_seconds_ =
        seconds_of([&] {
          auto pixels = data::load_images(set, model.preprocess, 0, images);
          model.network->encode_image(image_tensor(pixels, images, model.preprocess.size));
        }) /
        static_cast<double>(images);
    const auto texts = std::min<int64_t>(kTextsTimed, static_cast<int64_t>(set.texts().size()));
    const std::vector<std::string> some(set.texts().begin(), set.texts().begin() + texts);
    text_seconds_ = seconds_of([&] { embed_texts(model, some); }) /
                    static_cast<double>(std::max<int64_t>(1, texts));
  }

  /// Of evaluate(): it embeds first texts, then those of each label again with their templates.
  double evaluation_seconds(const data::PairSet& set) const {
    double texts = 0;
    for (size_t language = 0; language < set.languages().size(); ++language) {
      texts +=
          static_cast<double>(set.size()) * static_cast<double>(2 + set.template_count(language));
    }
    return image_seconds_ * static_cast<double>(set.size()) + text_seconds_ * texts +
           2 * scoring_seconds(set);
  }

  /// Of label_calibration(): it embeds as evaluate() does, and scores the images anew for every
  /// temperature that it tries.
  double calibration_seconds(const data::PairSet& set) const {
    constexpr double kTemperatures = 23;
    return evaluation_seconds(set) + kTemperatures * scoring_seconds(set);
  }

 private:
  double scoring_seconds(const data::PairSet& set) const {
    return static_cast<double>(set.languages().size()) * ranking_seconds(set.size(), width_);
  }

  int64_t width_;
  double image_seconds_ = 0, text_seconds_ = 0;
};

TrainingTrial try_one(const RunConfig& config, const RunData& data,
                      const std::shared_ptr<const text::Tokenizer>& tokenizer,
                      const std::vector<TeacherShape>& teachers) {
  TrainingTrial trial;
  const Stopwatch watch;
  auto network = initial_network(config, data.train, *tokenizer);
  trial.start_seconds = watch.seconds();
  Learner learner(config, std::move(network), teachers);
  Model model{learner.network(), tokenizer, config.preprocess()};
  {
    data::Loader loader({data.train, *tokenizer, model.preprocess, config.augment},
                        loader_options(config), /*first_step=*/0);
    int64_t step = 0;
    const auto one_step = [&] {
      auto batch = loader.next();
      for (const auto& teacher : teachers) {
        batch.teachers.push_back({random_rows(config.train.batch, teacher.dim),
                                  random_rows(config.train.batch, teacher.dim)});
      }
      learner.backward(batch, step);
      learner.update(step++);
    };
    // The first batches are ready before they are asked for, and the first steps are slow.
    time_each(kWarmUpSeconds, kLeastSteps, loader_options(config).prefetch + kLeastSteps, one_step);
    trial.step_seconds = time_each(kMeasuredSeconds, kLeastSteps, kMostSteps, one_step);
  }
  const EmbeddingSpeed speed(model, data.train);
  trial.validation_seconds = speed.evaluation_seconds(data.validation);
  trial.calibration_seconds = speed.calibration_seconds(data.validation);
  trial.test_seconds = speed.evaluation_seconds(data.test);
  const int64_t weights = bytes_of(learner.weights());
  const int64_t checkpoint =
      bytes_of(learner.all_weights()) + bytes_of(learner.optimizer().state()) + weights;
  trial.disk_bytes = kCheckpoints * checkpoint + weights;  // and `best`
  return trial;
}

// A teacher's pass over the training split, on the device that it is on.
double pass_seconds(const RunConfig& config, const std::filesystem::path& folder,
                    const RunData& data, Model& teacher) {
  const torch::InferenceMode guard;
  const auto embedder = teacher_embedder(config, folder, data, teacher);
  const auto samples = data.train.size();
  const auto texts = static_cast<int64_t>(data.train.texts().size());
  int64_t sample = 0;
  // Enough samples to keep all threads busy, as the pass itself does.
  const auto plan = plan_embedding(*teacher.network, config.teacher, torch::get_num_threads());
  const int64_t some = std::clamp<int64_t>(
      (plan.images * plan.at_once + config.train.views - 1) / config.train.views, 1, samples);
  const auto embed_some = [&] {
    embedder.images(sample, some);
    sample = (sample + some) % (samples - some + 1);
  };
  const double first = seconds_of(embed_some);
  const double image_seconds =
      first > kMeasuredSeconds ? first : time_each(kMeasuredSeconds, 1, kMostSteps, embed_some);
  const int64_t some_texts = std::min(texts, kTextsTimed);
  const double text_seconds =
      time_each(/*seconds=*/1, 1, kMostSteps, [&] { embedder.texts(0, some_texts); });
  return image_seconds * static_cast<double>(samples) / static_cast<double>(some) +
         text_seconds * static_cast<double>(texts) /
             static_cast<double>(std::max<int64_t>(1, some_texts));
}

}  // namespace

TrainingTrial try_training(const RunConfig& config, const RunData& data,
                           std::shared_ptr<const text::Tokenizer> tokenizer,
                           const std::vector<TeacherShape>& teachers, int64_t runs) {
  forget_peak_memory();
  const int64_t threads = config.train.threads > 0 ? config.train.threads : available_threads();
  std::mutex mutex;
  TrainingTrial sum;
  parallel_for(
      static_cast<size_t>(runs),
      [&](size_t) {
        if (runs > 1) set_threads(std::max<int64_t>(1, threads / runs));
        const auto one = try_one(config, data, tokenizer, teachers);
        const std::lock_guard lock(mutex);
        sum.start_seconds += one.start_seconds;
        sum.step_seconds += one.step_seconds;
        sum.validation_seconds += one.validation_seconds;
        sum.test_seconds += one.test_seconds;
        sum.calibration_seconds += one.calibration_seconds;
        sum.disk_bytes = one.disk_bytes;
      },
      static_cast<int>(runs));
  set_threads(config.train.threads);
  const auto count = static_cast<double>(runs);
  sum.start_seconds /= count;
  sum.step_seconds /= count;
  sum.validation_seconds /= count;
  sum.test_seconds /= count;
  sum.calibration_seconds /= count;
  sum.memory_bytes = peak_memory() + runs * data::decoded_bytes(data.train);
  return sum;
}

TeacherTrial try_teacher(const RunConfig& config, const std::filesystem::path& folder,
                         const RunData& data) {
  forget_peak_memory();
  auto model = load_teacher(config.teacher, folder);
  model.network->eval();
  const int64_t dim = model.network->options().embed_dim;
  TeacherTrial trial;
  trial.shape = {dim, model.network->scale().item<double>()};
  if (config.train.views > 0) trial.embed_seconds = pass_seconds(config, folder, data, model);
  trial.memory_bytes = peak_memory();
  forget_peak_memory();
  model.network->to(torch::kCPU);
  const EmbeddingSpeed speed(model, data.train);
  trial.test_seconds = speed.evaluation_seconds(data.test);
  trial.calibration_seconds = speed.calibration_seconds(data.validation);
  trial.test_memory_bytes = peak_memory();
  const auto texts = static_cast<int64_t>(data.train.texts().size());
  const auto half = int64_t{sizeof(uint16_t)};
  trial.disk_bytes = (data.train.size() * config.train.views + texts) * dim * half;
  return trial;
}

}  // namespace clipstill::train
