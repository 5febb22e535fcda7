#include "data/loader.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <stop_token>

#include "core/error.h"
#include "core/parallel.h"
#include "core/random.h"
#include "core/start_threads.h"
#include "core/stopwatch.h"
#include "data/decoded_images.h"
#include "data/matches.h"

namespace clipstill::data {
namespace {

enum : uint64_t { kTextKey = 0x7e87 };

uint64_t sample_key(const PairSet& set, int64_t sample) {
  uint64_t hash = 0;  // from the id, so that the view of a sample does not depend on the selection
  for (const unsigned char c : set.record(sample).id) hash = mix64(hash ^ c);
  return hash;
}

// A language, then its primary text or one of the others.
int64_t choose_text(const PairSet& set, int64_t sample, double primary, Rng rng) {
  const auto& by_language = set.texts_of(sample);
  std::vector<const std::vector<int64_t>*> usable;
  for (const auto& texts : by_language) {
    if (!texts.empty()) usable.push_back(&texts);
  }
  if (usable.empty()) {
    fail(ErrorCode::kBadData, "{}: record {} has no text in the chosen languages",
         set.record(sample).origin, set.record(sample).id);
  }
  const auto& texts = *usable[rng.below(usable.size())];
  if (texts.size() == 1 || rng.chance(primary)) return texts.front();
  return texts[1 + rng.below(texts.size() - 1)];
}

void augment_into(const PairSet& set, const image::Image& picture,
                  const image::Preprocess& preprocess, const image::AugmentPolicy& policy,
                  uint64_t view_seed, int64_t sample, int64_t view, std::span<float> out) {
  const auto augmented = image::augment(picture, policy, preprocess, view_seed,
                                        sample_key(set, sample), static_cast<uint64_t>(view));
  image::normalise(augmented, preprocess, out);
}

}  // namespace

void load_views(const PairSet& set, const image::Preprocess& preprocess,
                const image::AugmentPolicy& policy, uint64_t view_seed, int64_t sample,
                int64_t first, int64_t count, std::span<float> out) {
  const auto picture = set.decode_image(sample, preprocess.apply_orientation);
  const size_t values = preprocess.tensor_size();
  for (int64_t i = 0; i < count; ++i) {
    augment_into(set, picture, preprocess, policy, view_seed, sample, first + i,
                 out.subspan(static_cast<size_t>(i) * values, values));
  }
}

std::vector<float> load_images(const PairSet& set, const image::Preprocess& preprocess,
                               int64_t first, int64_t count) {
  const size_t values = preprocess.tensor_size();
  std::vector<float> out(values * static_cast<size_t>(count));
  parallel_for(static_cast<size_t>(count), [&](size_t i) {
    const auto sample = first + static_cast<int64_t>(i);
    image::preprocess(set.decode_image(sample, preprocess.apply_orientation), preprocess,
                      std::span(out).subspan(i * values, values));
  });
  return out;
}

struct Loader::State {
  LoaderInputs inputs;
  LoaderOptions options;
  Sampler sampler;
  DecodedImages decoded;

  std::mutex mutex;
  std::condition_variable ready;
  std::condition_variable_any space;
  std::map<int64_t, Batch> done;
  std::exception_ptr error;
  int64_t next_to_make, next_to_give;
  double seconds_waited = 0;
  std::vector<std::jthread> workers;  // last: stopped and joined before the rest goes

  State(const LoaderInputs& in, const LoaderOptions& o, int64_t first_step)
      : inputs(in),
        options(o),
        sampler(in.set.labels(), o.batch, o.per_label, o.seed),
        decoded(in.set, in.preprocess.apply_orientation),
        next_to_make(first_step),
        next_to_give(first_step) {}

  Batch make(int64_t step, std::vector<int64_t> samples);
  void work(const std::stop_token& stop);
};

Batch Loader::State::make(int64_t step, std::vector<int64_t> samples) {
  const auto& set = inputs.set;
  const int64_t epoch = sampler.epoch(step);
  const int64_t view = options.views > 0 ? epoch % options.views : epoch;
  const size_t values = inputs.preprocess.tensor_size();
  Batch batch;
  batch.step = step;
  batch.images.resize(values * samples.size());
  batch.teachers.resize(inputs.teachers.size());
  std::vector<std::string_view> texts;
  for (size_t i = 0; i < samples.size(); ++i) {
    const int64_t sample = samples[i];
    augment_into(set, *decoded.get(sample), inputs.preprocess, inputs.augment, options.view_seed,
                 sample, view, std::span(batch.images).subspan(i * values, values));
    const auto text = choose_text(
        set, sample, options.primary_text,
        Rng{options.seed, kTextKey, static_cast<uint64_t>(epoch), static_cast<uint64_t>(sample)});
    texts.push_back(set.texts()[text]);
    batch.texts.push_back(text);
    batch.labels.push_back(set.label(sample));
    for (size_t k = 0; k < inputs.teachers.size(); ++k) {
      inputs.teachers[k].append_image(sample, view, batch.teachers[k].images);
      inputs.teachers[k].append_text(text, batch.teachers[k].texts);
    }
  }
  batch.tokens = inputs.tokenizer.encode_batch(texts, static_cast<int>(options.context));
  batch.matches = matches(set, samples, batch.texts);
  batch.samples = std::move(samples);
  return batch;
}

void Loader::State::work(const std::stop_token& stop) {
  try {
    while (true) {
      int64_t step = 0;
      std::vector<int64_t> samples;
      {
        std::unique_lock lock(mutex);
        space.wait(lock, stop,
                   [&] { return error || next_to_make < next_to_give + options.prefetch; });
        if (stop.stop_requested() || error) return;
        step = next_to_make++;
        samples = sampler.batch(step);
      }
      auto batch = make(step, std::move(samples));
      const std::lock_guard lock(mutex);
      done.emplace(step, std::move(batch));
      ready.notify_all();
    }
  } catch (...) {
    const std::lock_guard lock(mutex);
    if (!error) error = std::current_exception();
    ready.notify_all();
    space.notify_all();
  }
}

Loader::Loader(const LoaderInputs& inputs, const LoaderOptions& options, int64_t first_step)
    : state_(std::make_unique<State>(inputs, options, first_step)) {
  const auto workers = static_cast<size_t>(std::max<int64_t>(1, options.workers));
  state_->workers =
      start_threads(workers, [state = state_.get()](const auto& stop) { state->work(stop); });
}

Loader::~Loader() = default;

Batch Loader::next() {
  const Stopwatch watch;
  std::unique_lock lock(state_->mutex);
  auto& done = state_->done;
  const int64_t wanted = state_->next_to_give;
  state_->ready.wait(lock, [&] { return state_->error || done.contains(wanted); });
  if (!done.contains(wanted)) std::rethrow_exception(state_->error);
  auto node = done.extract(wanted);
  ++state_->next_to_give;
  state_->space.notify_all();
  state_->seconds_waited += watch.seconds();
  return std::move(node.mapped());
}

double Loader::seconds_waited() const {
  const std::lock_guard lock(state_->mutex);
  return state_->seconds_waited;
}

int64_t Loader::steps_per_epoch() const {
  return state_->sampler.steps_per_epoch();
}

}  // namespace clipstill::data
