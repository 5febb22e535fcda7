// The fair comparison: the same student trained in several ways (natively, distilled with one loss
// or another) on the same data, order and augmentation, over several seeds.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/options.h"
#include "report/report.h"
#include "train/config.h"

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

struct VariantSpec {
  std::string name, description;
  std::string config;                         // a TOML file over the base config; may be empty
  std::vector<OptionTable::Value> overrides;  // of both
  std::string origin;                         // file and line
};

/// Tables that only a comparison reads; what trains or embeds alone leaves them aside.
inline const StringList kComparisonTables{"compare", "variant"};

/// From the [[variant]] tables of a config: each has a name and may have a description, the path of
/// a config file, and overrides. kUsage where a name is missing or doubled.
std::vector<VariantSpec> read_variants(const std::filesystem::path& config);

/// The config that compare() trains the variant `name` with, for one run of it alone. kUsage where
/// there is none of that name, or it changes what all variants share.
std::unique_ptr<RunConfig> variant_config(RunConfig& base, const std::string& name,
                                          const std::vector<VariantSpec>& variants);

/// The variants that `options` names, in the order of the config. kUsage where a name is not there,
/// or any variant, named or not, is one that variant_config() refuses.
std::vector<VariantSpec> selected_variants(RunConfig& base, const CompareOptions& options,
                                           const std::vector<VariantSpec>& variants);

/// Where the numbers come from, for the report.
struct Provenance {
  std::string command, machine, commit, date;
};

/// Trains and evaluates all variants and seeds, seed by seed, `jobs` at a time, each in
/// `out`/<variant>-seed<k>; what is done already is not done again, what was interrupted continues.
/// Small students gain more from runs side by side than from more threads each; the weights depend
/// on the threads of a run (the order of sums), not on what runs beside it. Writes the report to
/// `out`/report and returns what it says. The test split is touched only here, once per finished
/// model. kUsage where a variant would change what all share: data, tokenizer or seed.
report::Comparison compare(RunConfig& base, const CompareOptions& options,
                           const std::vector<VariantSpec>& variants, const Provenance& provenance);

}  // namespace clipstill::train
