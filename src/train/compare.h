// The fair comparison: the same student trained in several ways (natively, distilled with one loss
// or another) on the same data, order and augmentation, over several seeds.
#pragma once

#include <string>
#include <vector>

#include "core/options.h"
#include "report/report.h"
#include "train/config.h"
#include "train/variants.h"

namespace clipstill::train {

struct CompareOptions {
  std::string out;  // folder of the runs and the report
  std::string title = "Native and distilled";
  NumberList seeds{1};
  StringList variants;                // names of those to run; empty = all
  int64_t jobs = 1;                   // runs trained at the same time, sharing the threads
  std::string headline;               // variant that the verdict is about; empty = the last
  double max_parameter_share = 0.20;  // budget: parameters of the student / the teacher's
  double min_retention = 0.95;        // budget: recall@1 of the student / the teacher's
};

void declare_options(OptionSet& set, CompareOptions& options);

/// The variants that `options` names, in the order of the config. Warns of what the command line
/// replaces in one of them. kUsage where that leaves two the same, a name is not there, or any
/// variant, named or not, is one that variant_config() refuses.
std::vector<VariantSpec> selected_variants(RunConfig& base, const CompareOptions& options,
                                           const std::vector<VariantSpec>& variants);

/// Where the numbers come from, for the report.
struct Provenance {
  std::string command, machine, commit, date;
};

/// Trains and evaluates all variants and seeds, seed by seed, `jobs` at a time, each in
/// `out`/<variant>-seed<k>; what is done already is not done again, what was interrupted continues.
/// Small students gain more from runs side by side than from more threads each; the weights depend
/// on the threads of a run (the order of sums), not on what runs beside it. A run that fails is
/// left out of the numbers and named in the report; the others go on. Writes the report to
/// `out`/report and returns what it says. The test split is touched only here, once per finished
/// model. kUsage where a variant would change what all share: data, tokenizer or seed.
report::Comparison compare(RunConfig& base, const CompareOptions& options,
                           const std::vector<VariantSpec>& variants, const Provenance& provenance);

/// An error naming the runs that failed, with the code of the first; nothing where all finished.
void require_none_failed(const report::Comparison& comparison);

}  // namespace clipstill::train
