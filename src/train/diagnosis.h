// Signs that a student does not learn, or cannot: which, and what to try, as early as it can be
// known and once each. A function of numbers that steps leave behind; it changes no weight.
#pragma once

#include <cmath>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "data/loader.h"
#include "distill/loss.h"

namespace clipstill::train {

/// What one step showed. NaN: not looked at, or not there.
struct StepSigns {
  int64_t step = 0;            // steps done, this one included
  int64_t batch = 0;           // pairs
  int64_t labels = 0;          // distinct ones in the batch
  int64_t texts = 0;           // distinct ones in the batch
  double cross_entropy = NAN;  // mean of loss.ce, while it has a weight
  double logit_scale = 0;      // exp
  double image_cosine = NAN;   // mean over pairs of different embeddings of the student, [-1, 1]
  double text_cosine = NAN;
  double teacher_recall = NAN;  // recall@1 of the teacher in the batch, mean of both directions;
                                // of several, the lowest
  double chance_recall = NAN;   // of guessing
  double seconds = 0;           // of this step, waiting included
  double seconds_waited = 0;    // of them, for data
};

/// The signs that a batch itself carries.
StepSigns signs_of(const data::Batch& batch);
/// Adds those of the embeddings: the student's cosines and, where there is one, the teacher's
/// recall. Called once for each teacher.
void inspect(const distill::LossInput& input, StepSigns& signs);

struct Warning {
  std::string sign;       // "near_chance", …
  std::string message;    // what was seen, and what to try
  bool of_clock = false;  // depends on time, and so does not repeat
};

/// What earlier steps left behind; part of a checkpoint, so that a resumed run warns of the same at
/// the same steps.
struct DiagnosisState {
  double cross_entropy = 0;  // sum over the steps counted
  int64_t cross_entropies = 0;
  int64_t collapsed_images = 0, collapsed_texts = 0;  // inspections in a row
  int64_t pinned = 0;                                 // steps in a row
  int64_t batches = 0, one_label = 0, one_text = 0;   // of the first ones
  double teacher_hits = 0, chance_hits = 0;           // of teacher_queries
  int64_t teacher_queries = 0;
  std::set<std::string> warned;  // signs
};

/// What is normal for a run.
struct DiagnosisOptions {
  int64_t warmup = 0, steps = 0;
  double initial_scale = 0, max_scale = 0;
};

class Diagnosis {
 public:
  explicit Diagnosis(const DiagnosisOptions& options, DiagnosisState state = {})
      : options_(options), state_(std::move(state)) {}

  /// Whether to inspect() the embeddings of this step (counted from 1); most are left alone.
  bool looks_at(int64_t step, bool has_teacher) const;
  /// What this step, after all before it, is a sign of.
  std::vector<Warning> observe(const StepSigns& signs);
  const DiagnosisState& state() const { return state_; }

 private:
  void look_at_data(const StepSigns& signs);
  void look_at_teacher(const StepSigns& signs);
  void look_at_loss(const StepSigns& signs);
  void look_at_embeddings(const StepSigns& signs);
  void look_at_scale(const StepSigns& signs);
  void look_at_loader(const StepSigns& signs);
  bool has_one_of_a_kind() const;
  void warn(const std::string& sign, std::string message, bool of_clock = false);

  DiagnosisOptions options_;
  DiagnosisState state_;
  double seconds_ = 0, seconds_waited_ = 0;  // of this session's window
  std::vector<Warning> found_;
};

}  // namespace clipstill::train
