#include "data/sampler.h"

#include <algorithm>
#include <map>

#include "core/error.h"
#include "data/draws.h"

namespace clipstill::data {

Sampler::Sampler(std::span<const int64_t> labels, int64_t batch, int64_t per_label, uint64_t seed)
    : batch_(batch), per_label_(per_label), seed_(seed) {
  const auto samples = static_cast<int64_t>(labels.size());
  if (samples < batch) {
    fail(ErrorCode::kUsage,
         "train.batch is {}, but only {} training samples are there; use a smaller batch", batch,
         samples);
  }
  std::map<int64_t, std::vector<int64_t>> groups;
  for (int64_t i = 0; i < samples; ++i) groups[labels[i]].push_back(i);
  for (auto& [label, members] : groups) by_label_.push_back(std::move(members));
  steps_per_epoch_ = samples / batch;
}

void Sampler::shuffle(int64_t epoch) {
  Rng rng{seed_, static_cast<uint64_t>(epoch)};
  std::vector<std::vector<int64_t>> groups;  // of up to per_label_ samples of one label
  for (auto members : by_label_) {
    permute(members, rng);
    for (size_t first = 0; first < members.size(); first += per_label_) {
      const size_t last = std::min(members.size(), first + per_label_);
      groups.emplace_back(members.begin() + first, members.begin() + last);
    }
  }
  permute(groups, rng);
  order_.clear();
  for (const auto& group : groups) order_.insert(order_.end(), group.begin(), group.end());
  shuffled_epoch_ = epoch;
}

std::vector<int64_t> Sampler::batch(int64_t step) {
  const int64_t wanted = epoch(step);
  if (wanted != shuffled_epoch_) shuffle(wanted);
  const auto first = order_.begin() + (step % steps_per_epoch_) * batch_;
  return {first, first + batch_};
}

}  // namespace clipstill::data
