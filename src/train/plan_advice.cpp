#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "report/format.h"
#include "train/embedding_plan.h"
#include "train/plan.h"

namespace clipstill::train {
namespace {

constexpr double kGB = 1e9, kHour = 3600;
constexpr int64_t kMB = 1'000'000;

const PlannedStage* find(const Plan& plan, const char* name) {
  const auto found = std::find_if(plan.stages.begin(), plan.stages.end(),
                                  [&](const auto& stage) { return stage.name == name; });
  return found == plan.stages.end() ? nullptr : &*found;
}

// `value` scaled so that what takes `now` takes `allowed`; at least 1.
int64_t scaled(int64_t value, double allowed, double now) {
  return std::max<int64_t>(1, static_cast<int64_t>(static_cast<double>(value) * allowed / now));
}

std::string memory_advice(const Plan& plan, const RunConfig& config, int64_t jobs,
                          const PlanLimits& limits) {
  const auto& most = *std::max_element(
      plan.stages.begin(), plan.stages.end(),
      [](const auto& a, const auto& b) { return a.memory_bytes < b.memory_bytes; });
  std::string fix = fmt::format(
      "train.micro_batch={} holds fewer pairs at once, and the losses still see all {}",
      std::max<int64_t>(
          1, (config.train.micro_batch > 0 ? config.train.micro_batch : config.train.batch) / 4),
      config.train.batch);
  if (jobs > 1) fix = "compare.jobs=1 trains one model at a time; " + fix;
  if (most.name == "test") fix = "test on a machine with more, or with a smaller teacher";
  if (most.name == "soft labels") {
    fix = fmt::format("embed on a machine with more, and copy {} here", config.teacher.cache);
    const int64_t bound = memory_limit(config.teacher.memory);
    if (config.teacher.device == "cpu" && (bound == 0 || bound > limits.memory_bytes)) {
      fix = fmt::format("teacher.memory={}M embeds within that, or says what it needs; or {}",
                        limits.memory_bytes / kMB, fix);
    }
  }
  return fmt::format("memory: \"{}\" needs {:.1f} GB, there are {:.1f} GB. {}", most.name,
                     static_cast<double>(most.memory_bytes) / kGB,
                     static_cast<double>(limits.memory_bytes) / kGB, fix);
}

std::string disk_advice(const Plan& plan, const RunConfig& config, const PlanLimits& limits) {
  std::string fix = "free some, or write to another disk";
  const auto* labels = find(plan, "soft labels");
  if (labels != nullptr && 2 * labels->disk_bytes > plan.disk_bytes) {
    const int64_t others = plan.disk_bytes - labels->disk_bytes;
    const double room = static_cast<double>(limits.disk_bytes - others);
    if (room > 0 && config.train.views > 1) {
      fix = fmt::format("train.views={} fits ({} views take {:.1f} GB of it)",
                        scaled(config.train.views, room, static_cast<double>(labels->disk_bytes)),
                        config.train.views, static_cast<double>(labels->disk_bytes) / kGB);
    }
  }
  return fmt::format("disk: {:.1f} GB needed, {:.1f} GB free. {}",
                     static_cast<double>(plan.disk_bytes) / kGB,
                     static_cast<double>(limits.disk_bytes) / kGB, fix);
}

std::string time_advice(const Plan& plan, const RunConfig& config, const PlanLimits& limits) {
  const auto* labels = find(plan, "soft labels");
  const double embedding = labels == nullptr ? 0 : labels->seconds;
  const double others = plan.seconds - embedding;
  const double allowed = limits.hours * kHour;
  std::vector<std::string> fixes;
  // What takes longer is shortened first; one change alone may not do.
  if (embedding > others) {
    if (!config.teacher.bf16 && config.teacher.device == "cpu") {
      fixes.push_back("teacher.bf16=true, where the CPU has bfloat16");
    }
    if (allowed > others && config.train.views > 1) {
      fixes.push_back(fmt::format("train.views={} ({} views take {} of it)",
                                  scaled(config.train.views, allowed - others, embedding),
                                  config.train.views, report::duration(embedding)));
    }
  } else {
    if (!config.train.bf16) fixes.push_back("train.bf16=true, where the CPU has bfloat16");
    if (allowed > embedding) {
      fixes.push_back(fmt::format("train.steps={} ({} steps take {} of it)",
                                  scaled(config.train.steps, allowed - embedding, others),
                                  config.train.steps, report::duration(others)));
    }
    if (plan.stages.size() > 2) fixes.emplace_back("fewer compare.seeds or compare.variants");
  }
  if (const auto both = shortened(plan, config, limits.hours); both.size() > 1) {
    fixes.push_back(fmt::format("{} together", fmt::join(both, " ")));
  }
  if (fixes.empty()) fixes.emplace_back("fewer views, fewer steps, or fewer pairs");
  std::string all = fixes.front();
  for (size_t i = 1; i < fixes.size(); ++i) all += "; or " + fixes[i];
  return fmt::format("time: {} needed, {} allowed. {}", report::duration(plan.seconds),
                     report::duration(allowed), all);
}

}  // namespace

std::vector<std::string> advice(const Plan& plan, const RunConfig& config, int64_t jobs,
                                const PlanLimits& limits) {
  std::vector<std::string> all;
  if (limits.memory_bytes > 0 && plan.memory_bytes > limits.memory_bytes) {
    all.push_back(memory_advice(plan, config, jobs, limits));
  }
  if (limits.disk_bytes > 0 && plan.disk_bytes > limits.disk_bytes) {
    all.push_back(disk_advice(plan, config, limits));
  }
  if (limits.hours > 0 && plan.seconds > limits.hours * kHour) {
    all.push_back(time_advice(plan, config, limits));
  }
  return all;
}

std::vector<std::string> shortened(const Plan& plan, const RunConfig& config, double hours) {
  const double allowed = hours * kHour;
  const auto* test = find(plan, "test");
  const auto* labels = find(plan, "soft labels");
  const double testing = test == nullptr ? 0 : test->seconds;
  const double embedding = labels == nullptr ? 0 : labels->seconds;
  const double training = plan.seconds - embedding - testing;
  if (hours == 0 || plan.seconds <= allowed || allowed <= testing || training <= 0) return {};
  std::vector<std::string> overrides;
  double left = allowed - testing;  // for the training
  if (labels != nullptr) {
    const int64_t views = scaled(config.train.views, left, embedding + training);
    left -= embedding * static_cast<double>(views) / static_cast<double>(config.train.views);
    overrides.push_back(fmt::format("train.views={}", views));
  }
  if (left * static_cast<double>(config.train.steps) < training) return {};
  overrides.push_back(fmt::format("train.steps={}", scaled(config.train.steps, left, training)));
  return overrides;
}

}  // namespace clipstill::train
