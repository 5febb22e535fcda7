#include "nn/options_json.h"

#include <nlohmann/json.hpp>

namespace clipstill::nn {

nlohmann::ordered_json to_json(ClipModelOptions options) {
  OptionSet set;
  declare_options(set, "model", options);
  nlohmann::ordered_json values;
  for (const auto& spec : set.specs()) {
    values[spec->key] = nlohmann::ordered_json::parse(format_option(spec->default_value));
  }
  values["model.text.vocabulary"] = options.text.vocabulary;
  return values;
}

}  // namespace clipstill::nn
