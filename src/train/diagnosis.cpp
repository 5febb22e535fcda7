#include "train/diagnosis.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

namespace clipstill::train {
namespace {

// Batches smaller than this are alike by chance, and guessing in them is often right.
constexpr int64_t kSmallestBatch = 4;
// Five batches of one kind are no accident even where there are two kinds: (1/8)^5.
constexpr int64_t kDataBatches = 5;

// The teacher is judged once guessing would have been right so often (eight batches, whatever their
// size, where no label is shared). Twice as often is then four deviations off, and a teacher that
// knows anything of the pairs is far above.
constexpr double kChanceHits = 16;
constexpr double kTeacherFactor = 2;

// A new student is at chance and its embeddings are alike; neither means anything while the
// learning rate rises, nor in the first steps where it does not.
constexpr int64_t kFirstSteps = 100;
// One batch's loss scatters by several percent, the mean over so many steps by a few thousandths.
constexpr int64_t kChanceSteps = 100;
constexpr double kChanceMargin = 0.02;  // of log(batch)

constexpr int64_t kInspectEvery = 20;  // steps; two sums over [N, D]
// Embeddings of CLIP models lie in a cone: mean cosines of 0.5 to 0.9 are theirs. Above this, what
// tells two of them apart is less than fp16 caches and int8 graphs keep.
constexpr double kCollapsedCosine = 0.98;
constexpr int64_t kCollapsedInspections = 5;  // 80 steps: not a passing phase

// Published models end at the clamp, so that it is a sign only in the first half of a training, and
// only if it lasts.
constexpr int64_t kPinnedSteps = 200;
constexpr double kPinnedShare = 0.999;  // of the clamp

constexpr double kWaitingShare = 0.2;   // a step could be a quarter faster
constexpr double kWaitingSeconds = 60;  // a pause of the disk is shorter

double mean_cosine(const torch::Tensor& embeddings) {
  const auto n = static_cast<double>(embeddings.size(0));
  // Of unit rows |sum|^2 is the sum of all n^2 cosines, n of them 1.
  const double all = embeddings.sum(0).to(torch::kDouble).square().sum().item<double>();
  return (all - n) / (n * (n - 1));
}

int64_t distinct(const std::vector<int64_t>& ids) {
  return static_cast<int64_t>(std::unordered_set<int64_t>(ids.begin(), ids.end()).size());
}

// Share of rows whose largest logit is a target's.
double recall_at_1(const torch::Tensor& logits, const torch::Tensor& targets) {
  const auto found = targets.gather(1, logits.argmax(1, /*keepdim=*/true));
  return (found > 0).to(torch::kDouble).mean().item<double>();
}

}  // namespace

StepSigns signs_of(const data::Batch& batch) {
  StepSigns signs;
  signs.step = batch.step + 1;
  signs.batch = static_cast<int64_t>(batch.samples.size());
  signs.labels = distinct(batch.labels);
  signs.texts = distinct(batch.texts);
  return signs;
}

void inspect(const distill::LossInput& input, StepSigns& signs) {
  if (input.targets.size(0) < 2) return;
  const torch::NoGradGuard no_grad;
  signs.image_cosine = mean_cosine(input.student_image);
  signs.text_cosine = mean_cosine(input.student_text);
  if (!input.teacher_image.defined()) return;
  const auto logits = torch::matmul(input.teacher_image, input.teacher_text.t());
  const double recall =
      (recall_at_1(logits, input.targets) + recall_at_1(logits.t(), input.text_targets)) / 2;
  signs.teacher_recall = std::fmin(signs.teacher_recall, recall);  // of NaN and a number, this
  signs.chance_recall = (input.targets > 0).to(torch::kDouble).mean().item<double>();
}

bool Diagnosis::looks_at(int64_t step, bool has_teacher) const {
  return step % kInspectEvery == 0 || (has_teacher && state_.chance_hits < kChanceHits);
}

std::vector<Warning> Diagnosis::observe(const StepSigns& signs) {
  found_.clear();
  if (signs.batch >= kSmallestBatch) {
    look_at_data(signs);
    look_at_teacher(signs);
    look_at_loss(signs);
    look_at_embeddings(signs);
  }
  look_at_scale(signs);
  look_at_loader(signs);
  return found_;
}

void Diagnosis::look_at_data(const StepSigns& signs) {
  if (state_.batches == kDataBatches) return;
  ++state_.batches;
  state_.one_label += signs.labels == 1;
  state_.one_text += signs.texts == 1;
  if (state_.one_label == kDataBatches) {
    warn("one_label",
         fmt::format("every pair of the first {} batches has the same label, so that all of them "
                     "count as right for each other and loss.ce has nothing to tell apart. Leave "
                     "the label out where pairs show different things, and keep train.per_label "
                     "below train.batch",
                     kDataBatches));
  }
  if (state_.one_text == kDataBatches) {
    warn("one_text",
         fmt::format("every pair of the first {} batches has the same text, so that texts say "
                     "nothing about images. Look at the pairs (clipstill data show), and whether "
                     "data.path names the column or file that you mean",
                     kDataBatches));
  }
}

void Diagnosis::look_at_teacher(const StepSigns& signs) {
  if (state_.chance_hits >= kChanceHits || std::isnan(signs.teacher_recall)) return;
  const auto queries = static_cast<double>(2 * signs.batch);
  state_.teacher_queries += 2 * signs.batch;
  state_.teacher_hits += signs.teacher_recall * queries;
  state_.chance_hits += signs.chance_recall * queries;
  if (state_.chance_hits < kChanceHits || has_one_of_a_kind()) return;
  // Where pairs of one label fill a batch, guessing is right as often as not.
  const auto all = static_cast<double>(state_.teacher_queries);
  if (state_.chance_hits > all / kSmallestBatch) return;
  if (state_.teacher_hits > kTeacherFactor * state_.chance_hits) return;
  warn(
      "weak_teacher",
      fmt::format("the teacher finds the right partner in {:.1f} % of the first {} searches within "
                  "a batch, guessing in {:.1f} %: its soft labels say nothing about these pairs. "
                  "Check that it can read their language (clipstill data check --teacher), that "
                  "teacher.folder holds its own tokenizer, and what it reaches (clipstill eval)",
                  100 * state_.teacher_hits / all, state_.teacher_queries,
                  100 * state_.chance_hits / all));
}

void Diagnosis::look_at_loss(const StepSigns& signs) {
  if (std::isnan(signs.cross_entropy) || signs.step <= std::max(options_.warmup, kFirstSteps)) {
    return;
  }
  state_.cross_entropy += signs.cross_entropy;
  if (++state_.cross_entropies < kChanceSteps) return;
  const double mean = state_.cross_entropy / static_cast<double>(state_.cross_entropies);
  state_.cross_entropy = 0;
  state_.cross_entropies = 0;
  const double chance = std::log(static_cast<double>(signs.batch));
  if (mean < (1 - kChanceMargin) * chance || has_one_of_a_kind()) return;
  warn("near_chance",
       fmt::format("loss.ce was {:.3f} in the mean of the last {} steps, and guessing among {} "
                   "pairs costs {:.3f}: the student does not learn. Check that images and texts "
                   "belong together (clipstill data show), try another train.lr (a third, and "
                   "three times as much), and see that no other loss outweighs loss.ce",
                   mean, kChanceSteps, signs.batch, chance));
}

void Diagnosis::look_at_embeddings(const StepSigns& signs) {
  if (std::isnan(signs.image_cosine) || signs.step <= options_.warmup) return;
  const auto look = [&](const char* kind, double cosine, int64_t& in_a_row) {
    in_a_row = cosine > kCollapsedCosine ? in_a_row + 1 : 0;
    if (in_a_row < kCollapsedInspections || has_one_of_a_kind()) return;
    warn(fmt::format("collapsed_{}s", kind),
         fmt::format("the student's embeddings of different {0}s are nearly the same (mean cosine "
                     "{1:.3f} in a batch): it tells hardly any {0} from another. Lower train.lr, "
                     "lengthen train.warmup, give loss.ce or loss.icl more weight, and check that "
                     "the {0}s differ (clipstill data show)",
                     kind, cosine));
  };
  look("image", signs.image_cosine, state_.collapsed_images);
  look("text", signs.text_cosine, state_.collapsed_texts);
}

void Diagnosis::look_at_scale(const StepSigns& signs) {
  const double limit = kPinnedShare * options_.max_scale;
  if (options_.initial_scale >= limit || 2 * signs.step > options_.steps) return;
  state_.pinned = signs.logit_scale >= limit ? state_.pinned + 1 : 0;
  if (state_.pinned < kPinnedSteps) return;
  warn("pinned_scale",
       fmt::format("the logit scale has been at model.max_scale = {} for {} steps, in the first "
                   "half of the training: the student is as sure of its pairs as it may be, and "
                   "its scale may not grow. It may know few pairs by heart: more pairs or "
                   "stronger augmentation, a lower train.lr, or a larger model.max_scale",
                   options_.max_scale, kPinnedSteps));
}

void Diagnosis::look_at_loader(const StepSigns& signs) {
  if (signs.step <= kFirstSteps) return;
  seconds_ += signs.seconds;
  seconds_waited_ += signs.seconds_waited;
  if (seconds_ < kWaitingSeconds) return;
  const double share = seconds_waited_ / seconds_;
  seconds_ = seconds_waited_ = 0;
  if (share <= kWaitingShare) return;
  warn("slow_loader",
       fmt::format("{:.0f} % of the last minute went into waiting for data. Raise train.workers, "
                   "pack the pairs (clipstill data pack), or store smaller pictures",
                   100 * share),
       /*of_clock=*/true);
}

// What follows from such data is told by its cause.
bool Diagnosis::has_one_of_a_kind() const {
  return state_.warned.count("one_label") + state_.warned.count("one_text") > 0;
}

void Diagnosis::warn(const std::string& sign, std::string message, bool of_clock) {
  if (!state_.warned.insert(sign).second) return;
  found_.push_back({sign, std::move(message), of_clock});
}

}  // namespace clipstill::train
