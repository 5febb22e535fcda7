// Data, student and optimiser of a config, put together as train/trainer.cpp does.
#pragma once

#include <torch/torch.h>

#include <chrono>
#include <memory>
#include <optional>

#include "data/loader.h"
#include "train/average.h"
#include "train/contrastive_step.h"
#include "train/optimizer.h"
#include "train/run_data.h"
#include "train/teacher.h"

namespace clipstill::bench {

/// Seconds that `work` takes.
template <class Work>
double time_of(Work&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Seconds of one step or several, by part.
struct StepTimes {
  double backward = 0;  // forward and backward
  double optimizer = 0;
  double average = 0;

  void operator+=(const StepTimes& other) {
    backward += other.backward;
    optimizer += other.optimizer;
    average += other.average;
  }
};

struct Rig {
  train::RunConfig& config;
  train::RunData data;
  std::shared_ptr<const text::Tokenizer> tokenizer;
  image::Preprocess preprocess;
  std::optional<data::TeacherCache> cache;
  nn::ClipModel network{nullptr};
  std::vector<train::ActiveLoss> losses;
  std::optional<train::AdamW> optimizer;
  std::optional<train::WeightAverage> average;
  int64_t steps_done = 0;

  explicit Rig(train::RunConfig& c)
      : config(c),
        data(train::open_run_data(c.data)),
        tokenizer(train::make_tokenizer(c.tokenizer, data.train)),
        preprocess(c.preprocess()) {
    if (config.needs_teacher()) {
      train::embed_teacher(config, data);
      cache.emplace(config.teacher.cache, train::cache_identity(config, data));
    }
    network =
        train::make_network(config.model, *tokenizer, static_cast<uint64_t>(config.train.seed));
    network->train();
    std::vector<std::pair<std::string, torch::Tensor>> parameters;
    const auto take = [&](const torch::nn::Module& module, const std::string& prefix) {
      for (const auto& item : module.named_parameters()) {
        parameters.emplace_back(prefix + item.key(), item.value());
      }
    };
    take(*network, "");
    for (const auto& spec : config.losses) {
      if (!spec->active()) continue;
      losses.push_back(
          {spec.get(), spec->make({config.model.embed_dim, cache ? cache->dim() : 0})});
      take(*losses.back().module, spec->name() + ".");
    }
    optimizer.emplace(std::move(parameters), config.train);
    average.emplace(train::named_tensors(*network), config.train.ema);
  }

  int64_t parameters() const {
    int64_t count = 0;
    for (const auto& [name, part] : network->parameters_by_component()) count += part;
    return count;
  }

  data::Loader loader() const {
    const auto& o = config.train;
    data::LoaderOptions options;
    options.batch = o.batch;
    options.per_label = o.per_label;
    options.context = config.model.text.context;
    options.primary_text = o.primary_text;
    options.views = o.views;
    options.workers = o.workers;
    options.prefetch = 2 * o.workers + 2;
    return data::Loader(
        {data.train, *tokenizer, preprocess, config.augment, cache ? &*cache : nullptr}, options,
        /*first_step=*/0);
  }

  StepTimes step(data::Batch& batch, bool bf16) {
    StepTimes times;
    optimizer->zero_grad();
    const train::StepOptions options{config.train.micro_batch, bf16, cache ? cache->scale() : 0,
                                     steps_done, config.train.steps};
    times.backward = time_of([&] { train::contrastive_step(network, losses, batch, options); });
    times.optimizer = time_of([&] { optimizer->step(steps_done); });
    times.average = time_of([&] { average->update(steps_done); });
    ++steps_done;
    return times;
  }
};

}  // namespace clipstill::bench
