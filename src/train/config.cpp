#include "train/config.h"

#include <algorithm>

namespace clipstill::train {
namespace {

void declare(OptionSet& set, TokenizerOptions& o) {
  set.add("tokenizer.path", o.path,
          "tokenizer.json, vocab.txt, vocab.json or spiece.model, or a folder with one; empty = "
          "built from the data");
  set.add("tokenizer.vocabulary", o.vocabulary, "tokens of a built vocabulary").range(16, 1 << 20);
  set.add("tokenizer.min_frequency", o.min_frequency,
          "characters seen less often become the unknown token")
      .range(1, 1e9);
}

void declare(OptionSet& set, LoopOptions& o) {
  set.add("train.steps", o.steps, "optimiser steps").range(1, 1e9);
  set.add("train.batch", o.batch, "pairs per step").range(2, 1 << 20);
  set.add("train.micro_batch", o.micro_batch,
          "pairs in memory at once; 0 = the batch. The contrastive losses still see the batch")
      .range(0, 1 << 20);
  set.add("train.per_label", o.per_label, "images of one label kept together in a batch")
      .range(1, 64);
  set.add("train.primary_text", o.primary_text,
          "probability of a pair's first text against its others")
      .range(0, 1);
  set.add("train.views", o.views, "augmented views an image cycles through; 0 = new ones for ever")
      .range(0, 1 << 16);
  set.add("train.view_seed", o.view_seed, "seed of the augmentation").range(0, 1e15);
  set.add("train.lr", o.lr, "peak learning rate").range(0, 10);
  set.add("train.min_lr", o.min_lr, "learning rate at the end of the cosine").range(0, 10);
  set.add("train.warmup", o.warmup, "steps of linear warm-up").range(0, 1e9);
  set.add("train.weight_decay", o.weight_decay,
          "AdamW weight decay; not on norms, biases, scales and other vectors")
      .range(0, 10);
  set.add("train.beta1", o.beta1, "AdamW first moment").range(0, 0.9999);
  set.add("train.beta2", o.beta2, "AdamW second moment").range(0, 0.99999);
  set.add("train.epsilon", o.epsilon, "AdamW epsilon").range(1e-16, 1);
  set.add("train.clip_norm", o.clip_norm, "gradient norm is clipped here; 0 = off").range(0, 1e9);
  set.add("train.ema", o.ema, "decay of the weight average that is evaluated and kept; 0 = off")
      .range(0, 0.999999);
  set.add("train.bf16", o.bf16, "run the towers in bfloat16 where the CPU has it");
  set.add("train.seed", o.seed, "seed of weights, order and texts").range(0, 1e15);
  set.add("train.threads", o.threads, "threads of libtorch; 0 = all").range(0, 1024);
  set.add("train.workers", o.workers, "loader threads").range(1, 1024);
  set.add("train.evaluate_every", o.evaluate_every, "steps between validations").range(1, 1e9);
  set.add("train.checkpoint_every", o.checkpoint_every, "steps between checkpoints").range(1, 1e9);
}

}  // namespace

bool RunConfig::needs_teacher() const {
  return std::any_of(losses.begin(), losses.end(),
                     [](const auto& loss) { return loss->active() && loss->needs_teacher(); });
}

bool RunConfig::inherits(const std::string& tower) const {
  return inherit == tower || inherit == "both";
}

image::Preprocess RunConfig::preprocess() const {
  image::Preprocess preprocess;
  preprocess.size = static_cast<int>(model.image.size);
  preprocess.apply_orientation = data.apply_orientation;
  return preprocess;
}

void declare_options(OptionSet& set, RunConfig& config) {
  declare_options(set, config.data);
  declare(set, config.tokenizer);
  nn::declare_options(set, "model", config.model);
  set.add("model.inherit", config.inherit,
          "towers that start from the weights of teacher.folder, cut to the student's size")
      .choices({"none", "image", "text", "both"});
  image::declare_options(set, "augment", config.augment);
  declare(set, config.train);
  set.add("teacher.folder", config.teacher.folder,
          "teacher: a model folder; of several, the one that a comparison measures and retention "
          "is of");
  set.add(
      "teacher.others", config.teacher.others,
      "model folders of further teachers; a loss that has a teacher is its mean over all of them");
  set.add("teacher.weights", config.teacher.weights,
          "weight of each teacher in that mean, teacher.folder first; empty = equal")
      .range(0, 1e6);
  set.add("teacher.cache", config.teacher.cache,
          "folder of the soft labels; those of further teachers are in folders inside");
  set.add("teacher.bf16", config.teacher.bf16,
          "compute the soft labels in bfloat16 where the CPU has it");
  set.add("teacher.memory", config.teacher.memory,
          "memory that computing the soft labels may take, such as 4G or 512M; empty or 0 = no "
          "limit");
  set.add("teacher.device", config.teacher.device,
          "where the soft labels are computed; cuda needs a libtorch that has it")
      .choices({"cpu", "cuda"});
  for (auto& loss : config.losses) loss->declare(set);
}

}  // namespace clipstill::train
