#include "train/variants.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "core/error.h"
#include "train/trainer.h"

namespace clipstill::train {
namespace {

void refuse_unfair(RunConfig& base, RunConfig& config, const VariantSpec& variant) {
  const auto values = resolved_values(config);
  for (const auto& [key, value] : resolved_values(base)) {
    if (!is_shared_key(key) || values.at(key) == value) continue;
    fail(
        ErrorCode::kUsage,
        "{}: variant \"{}\" has {} = {}, the comparison {}; variants share the data, the tokenizer "
        "and the seeds: set it at the top of the config",
        variant.origin, variant.name, key, values.at(key), value);
  }
}

}  // namespace

std::vector<VariantSpec> read_variants(
    const std::filesystem::path& config,
    const std::vector<std::pair<std::string, std::string>>& command_line) {
  std::vector<OptionTable::Value> typed;
  RunConfig run;
  OptionSet set;
  declare_options(set, run);
  for (const auto& [key, value] : command_line) {
    if (set.find(key) != nullptr) typed.push_back({key, value, std::string(kCommandLine)});
  }
  std::vector<VariantSpec> variants;
  for (const auto& table : read_option_tables(config, "variant")) {
    auto& variant = variants.emplace_back();
    variant.origin = table.origin;
    for (const auto& value : table.values) {
      if (value.key == "name") {
        variant.name = value.text;
      } else if (value.key == "description") {
        variant.description = value.text;
      } else if (value.key == "config") {
        variant.config = value.text;
      } else {
        variant.overrides.push_back(value);
      }
    }
    variant.overrides.insert(variant.overrides.end(), typed.begin(), typed.end());
    const bool usable = !variant.name.empty() && variant.name.find('/') == std::string::npos;
    const bool repeated = std::count_if(variants.begin(), variants.end(), [&](const auto& other) {
                            return other.name == variant.name;
                          }) > 1;
    if (!usable || repeated || variant.name == "teacher") {
      fail(ErrorCode::kUsage,
           "{}: each [[variant]] needs a name of its own, without \"/\", other than \"teacher\"; "
           "found \"{}\"",
           table.origin, variant.name);
    }
  }
  if (variants.empty()) {
    fail(ErrorCode::kUsage, "{}: no [[variant]] table; a comparison needs at least one",
         config.string());
  }
  return variants;
}

StringList names_of(const std::vector<VariantSpec>& variants) {
  StringList names;
  for (const auto& variant : variants) names.push_back(variant.name);
  return names;
}

void require_variant(const char* key, const std::string& name, const StringList& names) {
  if (std::find(names.begin(), names.end(), name) != names.end()) return;
  const auto near = nearest_name(name, names);
  fail(ErrorCode::kUsage, "{}: no variant is called \"{}\"{}; there are: {}", key, name,
       near.empty() ? "" : fmt::format(", did you mean {}?", near), fmt::join(names, ", "));
}

bool is_shared_key(const std::string& key) {
  return key.starts_with("data.") || key.starts_with("tokenizer.") || key == "train.seed";
}

std::unique_ptr<RunConfig> variant_config(RunConfig& base, const VariantSpec& variant) {
  auto config = std::make_unique<RunConfig>();
  OptionSet set;
  declare_options(set, *config);
  set.load_toml_text(resolved_toml(base), "base config");
  if (!variant.config.empty()) set.load_toml(variant.config);
  for (const auto& value : variant.overrides) set.assign(value.key, value.text, value.origin);
  refuse_unfair(base, *config, variant);
  return config;
}

std::unique_ptr<RunConfig> variant_config(RunConfig& base, const std::string& name,
                                          const std::vector<VariantSpec>& variants) {
  require_variant("--variant", name, names_of(variants));
  const auto named = [&](const VariantSpec& variant) { return variant.name == name; };
  return variant_config(base, *std::find_if(variants.begin(), variants.end(), named));
}

std::map<std::string, std::string> resolved_values(RunConfig& config) {
  OptionSet set;
  declare_options(set, config);
  std::map<std::string, std::string> values;
  for (const auto& spec : set.specs()) values[spec->key] = format_option(spec->default_value);
  return values;
}

}  // namespace clipstill::train
