#include "bundle/metrics_file.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json_count.h"
#include "core/shallow_json.h"

namespace clipstill::bundle {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

std::string to_json(const MetricsFile& file) {
  Json root{{"data",
             {{"split", file.split},
              {"pairs", file.pairs},
              {"fingerprint", file.fingerprint},
              {"options", file.options}}},
            {"results", file.results}};
  if (!file.layers.empty()) {
    Json layers = Json::array();
    for (const auto& [name, cost, is_fp32] : file.layers) {
      layers.push_back({{"name", name}, {"cost", cost}, {"precision", is_fp32 ? "fp32" : "int8"}});
    }
    root["int8"] = {{"method", file.method},       {"reduce_range", file.reduce_range},
                    {"max_drop", file.max_drop},   {"size", file.size},
                    {"qat_steps", file.qat_steps}, {"layers", std::move(layers)}};
  }
  return root.dump(1) + "\n";
}

MetricsFile parse_metrics(std::string_view text, const std::string& origin) {
  MetricsFile file;
  try {
    const auto root = parse_shallow_json(text, origin);
    const auto& data = root.at("data");
    data.at("split").get_to(file.split);
    file.pairs = json_count(data, "pairs", origin);
    data.at("fingerprint").get_to(file.fingerprint);
    data.at("options").get_to(file.options);
    root.at("results").get_to(file.results);
    if (!root.contains("int8")) return file;
    const auto& int8 = root["int8"];
    int8.at("method").get_to(file.method);
    int8.at("reduce_range").get_to(file.reduce_range);
    int8.at("max_drop").get_to(file.max_drop);
    int8.at("size").get_to(file.size);
    if (int8.contains("qat_steps")) {  // which older bundles do not have
      file.qat_steps = json_count(int8, "qat_steps", origin);
    }
    for (const auto& layer : int8.at("layers")) {
      file.layers.push_back({layer.at("name"), layer.at("cost"), layer.at("precision") == "fp32"});
    }
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorCode::kBadData,
         "{}: it is not what `clipstill export` writes ({}); export the bundle again", origin,
         error.what());
  }
  return file;
}

}  // namespace clipstill::bundle
