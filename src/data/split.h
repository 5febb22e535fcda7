// Which records train, validate and test: a pure function of record, options and seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/options.h"
#include "data/pairs.h"

namespace clipstill::data {

struct SplitOptions {
  std::string holdout;             // domain that is the test split; empty: the records' own split
  StringList exclude;              // domains that are left out altogether
  double validation_share = 0.05;  // of the records that would train, chosen by hash of the id
  double train_share = 1.0;        // of the rest, chosen by hash of the id: for data-size studies
  int64_t seed = 1;
};

void declare_options(OptionSet& set, const std::string& prefix, SplitOptions& options);

struct Splits {
  std::vector<size_t> train, validation, test;  // record indices, ascending
};

/// Records whose own split is "val" or "test" go there; those of the held-out domain are the test
/// split, those of excluded domains are in none; of the others `validation_share` validates. kUsage
/// if a named domain does not occur (naming those that do), kBadData if nothing is left to train
/// on.
Splits split_records(const PairSource& source, const SplitOptions& options);

}  // namespace clipstill::data
