// Data and learner of a config, put together as train/trainer.cpp does.
#pragma once

#include <torch/torch.h>

#include <memory>
#include <optional>
#include <vector>

#include "core/stopwatch.h"
#include "data/loader.h"
#include "train/initial_network.h"
#include "train/learner.h"
#include "train/run_data.h"
#include "train/teacher.h"

namespace clipstill::bench {

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
  std::vector<data::TeacherCache> caches;
  std::optional<train::Learner> learner;
  int64_t steps_done = 0;

  explicit Rig(train::RunConfig& c)
      : config(c),
        data(train::open_run_data(c.data)),
        tokenizer(train::make_tokenizer(c.tokenizer, data.train)),
        preprocess(c.preprocess()) {
    std::vector<train::TeacherShape> shapes;
    if (config.needs_teacher()) {
      train::embed_teachers(config, data);
      for (const auto& teacher : train::teachers_of(config, data)) {
        const auto& cache = caches.emplace_back(teacher.cache, teacher.identity);
        shapes.push_back({cache.dim(), cache.scale(), teacher.share});
      }
    }
    learner.emplace(config, train::initial_network(config, data.train, *tokenizer), shapes);
  }

  int64_t parameters() const {
    int64_t count = 0;
    for (const auto& [name, part] : learner->network()->parameters_by_component()) count += part;
    return count;
  }

  data::Loader loader() const {
    return data::Loader({data.train, *tokenizer, preprocess, config.augment, caches},
                        train::loader_options(config), /*first_step=*/0);
  }

  StepTimes step(data::Batch& batch, bool bf16) {
    config.train.bf16 = bf16;
    StepTimes times;
    times.backward = seconds_of([&] { learner->backward(batch, steps_done); });
    times.optimizer = seconds_of([&] { learner->optimizer().step(steps_done); });
    times.average = seconds_of([&] { learner->average().update(steps_done); });
    ++steps_done;
    return times;
  }
};

}  // namespace clipstill::bench
