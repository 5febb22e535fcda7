// The variants of a config: changes of it that share data, tokenizer and seeds.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/options.h"
#include "train/config.h"

namespace clipstill::train {

/// Tables that only a comparison or a sweep reads; what trains or embeds alone leaves them aside.
inline const StringList kComparisonTables{"compare", "variant", "sweep"};

struct VariantSpec {
  std::string name, description;
  std::string config;                         // a TOML file over the base config; may be empty
  std::vector<OptionTable::Value> overrides;  // of both; then those of the command line
  std::string origin;                         // file and line
};

/// From the [[variant]] tables of a config: each has a name and may have a description, the path of
/// a config file, and overrides. Above them stand the keys of `command_line` that are a run's.
/// kUsage where a name is missing or doubled.
std::vector<VariantSpec> read_variants(
    const std::filesystem::path& config,
    const std::vector<std::pair<std::string, std::string>>& command_line = {});

StringList names_of(const std::vector<VariantSpec>& variants);

/// kUsage, naming `key` and the nearest of `names`, where `name` is none of them.
void require_variant(const char* key, const std::string& name, const StringList& names);

/// Whether all variants share the key, which is what makes their comparison fair: data, tokenizer
/// and seed.
bool is_shared_key(const std::string& key);

/// The base config, overlaid with the variant's config file and then with its overrides. kUsage
/// where that changes what all variants share.
std::unique_ptr<RunConfig> variant_config(RunConfig& base, const VariantSpec& variant);

/// The config that a comparison trains the variant `name` with, for one run of it alone. kUsage
/// where there is none of that name, or it changes what all variants share.
std::unique_ptr<RunConfig> variant_config(RunConfig& base, const std::string& name,
                                          const std::vector<VariantSpec>& variants);

/// Key -> value, as TOML, of every option of a config.
std::map<std::string, std::string> resolved_values(RunConfig& config);

}  // namespace clipstill::train
