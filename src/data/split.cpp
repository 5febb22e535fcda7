#include "data/split.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "core/contains.h"
#include "core/error.h"
#include "data/draws.h"

namespace clipstill::data {
namespace {

enum : uint64_t { kValidationKey = 1, kTrainKey = 2 };

// Uniform in [0, 1), from the id alone, so that adding records moves no other record.
double draw(const std::string& id, int64_t seed, uint64_t purpose) {
  return Rng{static_cast<uint64_t>(seed), purpose, text_key(id)}.uniform();
}

}  // namespace

void declare_options(OptionSet& set, const std::string& prefix, SplitOptions& options) {
  set.add(prefix + ".holdout", options.holdout,
          "domain (drawing style, camera, shop) that is kept for the test and never trained on");
  set.add(prefix + ".exclude", options.exclude,
          "domains that are neither trained on nor tested: with holdout a training domain, choices "
          "are made without a look at the test domain");
  set.add(prefix + ".validation_share", options.validation_share,
          "share of the training records that validates instead")
      .range(0, 0.5);
  set.add(prefix + ".train_share", options.train_share,
          "share of the training records that is used")
      .range(0.0001, 1);
  set.add(prefix + ".split_seed", options.seed, "seed of the validation and train_share draws");
}

Splits split_records(const PairSource& source, const SplitOptions& options) {
  Splits splits;
  std::set<std::string> domains;
  const auto& records = source.records();
  for (size_t i = 0; i < records.size(); ++i) {
    const auto& record = records[i];
    domains.insert(record.domain);
    if (contains(options.exclude, record.domain)) continue;
    if (record.split == "test" || (!options.holdout.empty() && record.domain == options.holdout)) {
      splits.test.push_back(i);
    } else if (record.split == "val" ||
               (record.split.empty() &&
                draw(record.id, options.seed, kValidationKey) < options.validation_share)) {
      splits.validation.push_back(i);
    } else if (draw(record.id, options.seed, kTrainKey) < options.train_share) {
      splits.train.push_back(i);
    }
  }
  auto named = options.exclude;
  if (!options.holdout.empty()) named.push_back(options.holdout);
  for (const auto& domain : named) {
    if (domains.contains(domain)) continue;
    fail(ErrorCode::kUsage, "the data has no domain \"{}\" to hold out or exclude; it has: {}",
         domain, fmt::join(domains, ", "));
  }
  if (splits.train.empty()) {
    fail(ErrorCode::kBadData,
         "no record is left to train on: {} records, {} for validation, {} for the test",
         records.size(), splits.validation.size(), splits.test.size());
  }
  return splits;
}

}  // namespace clipstill::data
