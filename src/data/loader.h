// Batches for training, prepared ahead by worker threads: decode -> augment -> normalise, text
// chosen and tokenised, teacher embeddings joined. A batch is a pure function of its step.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "data/pair_set.h"
#include "data/sampler.h"
#include "data/teacher_cache.h"
#include "image/augment.h"
#include "image/preprocess.h"
#include "text/tokenizer.h"

namespace clipstill::data {

struct LoaderOptions {
  int64_t batch = 128;
  int64_t per_label = 1;      // samples of one label kept together (Sampler)
  int64_t context = 32;       // tokens per text
  double primary_text = 0.5;  // probability of the text that evaluation uses
  int64_t views = 0;          // augmented views a sample cycles through; 0 = a new one each epoch
  uint64_t view_seed = 1;     // augmentation seed; the teacher cache stores it
  uint64_t seed = 1;          // order of the samples and choice of their texts
  int64_t workers = 2;        // threads
  int64_t prefetch = 4;       // batches kept ready
};

/// What a teacher's cache says of a batch.
struct SoftLabels {
  std::vector<float> images, texts;  // [B, Dt]
};

struct Batch {
  int64_t step = 0;
  std::vector<float> images;         // [B, 3, S, S]
  text::TokenBatch tokens;           // [B, L]
  std::vector<int64_t> samples;      // [B], indices into the PairSet
  std::vector<int64_t> labels;       // [B]
  std::vector<int64_t> texts;        // [B], text ids of the PairSet
  std::vector<uint8_t> matches;      // [B, B], image by text, of data/matches.h
  std::vector<SoftLabels> teachers;  // in the order of the caches
};

/// Everything a batch is made of; the objects outlive the loader.
struct LoaderInputs {
  const PairSet& set;
  const text::Tokenizer& tokenizer;
  const image::Preprocess& preprocess;
  const image::AugmentPolicy& augment;
  std::span<const TeacherCache> teachers = {};  // their views must cover LoaderOptions::views
};

class Loader {
 public:
  /// Delivers the steps first_step, first_step + 1, … without end.
  Loader(const LoaderInputs& inputs, const LoaderOptions& options, int64_t first_step);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// The next batch, in order; waits for it. Rethrows what a worker threw.
  Batch next();
  /// Seconds that next() has waited in all.
  double seconds_waited() const;
  int64_t steps_per_epoch() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Images [first, first + count) of the set without augmentation, [count, 3, S, S].
std::vector<float> load_images(const PairSet& set, const image::Preprocess& preprocess,
                               int64_t first, int64_t count);

/// Augmented views [first, first + count) of `sample`, normalised into `out` [count, 3, S, S]: the
/// pixels that Loader gives for them.
void load_views(const PairSet& set, const image::Preprocess& preprocess,
                const image::AugmentPolicy& policy, uint64_t view_seed, int64_t sample,
                int64_t first, int64_t count, std::span<float> out);

}  // namespace clipstill::data
