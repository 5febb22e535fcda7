// Everything that determines a training run, declared once.
#pragma once

#include <cstdint>
#include <string>

#include "core/options.h"
#include "data/run_data.h"
#include "distill/loss.h"
#include "image/augment.h"
#include "nn/clip_model.h"

namespace clipstill::train {

using data::DataOptions;

struct TokenizerOptions {
  std::string path;           // a file or folder for load_tokenizer(); empty = built from the data
  int64_t vocabulary = 4096;  // tokens, when it is built
  int64_t min_frequency = 1;  // rarer characters become the unknown token
};

struct LoopOptions {
  int64_t steps = 1000;
  int64_t batch = 128;        // pairs that the contrastive losses see together
  int64_t micro_batch = 0;    // pairs in memory at once (0 = batch); same loss, less memory
  int64_t per_label = 1;      // images of one label kept together in a batch
  double primary_text = 0.5;  // probability of a pair's first text against its others
  int64_t views = 0;          // augmented views per image; 0 = a new one each epoch
  int64_t view_seed = 1;
  double lr = 1e-3;
  double min_lr = 0;
  int64_t warmup = 100;  // steps
  double weight_decay = 0.1;
  double beta1 = 0.9, beta2 = 0.98;
  double epsilon = 1e-8;
  double clip_norm = 1.0;          // 0 = off
  double ema = 0.998;              // 0 = off
  bool bf16 = false;               // autocast of the towers
  int64_t seed = 1;                // initial weights, order of samples, choice of texts
  int64_t threads = 0;             // of libtorch; 0 = all
  int64_t workers = 2;             // of the loader
  int64_t evaluate_every = 250;    // steps
  int64_t checkpoint_every = 500;  // steps
};

struct TeacherOptions {
  std::string folder;               // a model folder; needed by losses that have a teacher
  std::string cache;                // its soft labels; those of the others are in folders inside
  std::vector<std::string> others;  // model folders of further teachers
  std::vector<double> weights;      // in the mean over teachers, `folder` first; empty = equal
  bool bf16 = false;                // autocast of their towers
  std::string memory;               // "4G": what embedding may take; empty or 0 = no limit
  std::string device = "cpu";
};

struct RunConfig {
  DataOptions data;
  TokenizerOptions tokenizer;
  nn::ClipModelOptions model;
  std::string inherit = "none";  // towers that start as the teacher's: "image", "text" or "both"
  image::AugmentPolicy augment;
  LoopOptions train;
  TeacherOptions teacher;
  std::vector<std::unique_ptr<distill::LossSpec>> losses = distill::make_loss_specs();

  /// Whether an active loss needs the teacher's cache.
  bool needs_teacher() const;
  /// Whether the student's tower "image" or "text" starts from the weights of teacher.folder.
  bool inherits(const std::string& tower) const;
  /// CLIP's constants at the model's size, upright where the data is to be.
  image::Preprocess preprocess() const;
};

void declare_options(OptionSet& set, RunConfig& config);

}  // namespace clipstill::train
