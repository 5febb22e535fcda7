#include "bundle/card_metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace clipstill::bundle {
namespace {

void replace_size(std::string& card, uint64_t bytes) {
  const auto begin = fmt::format("| `{}` | ", kMetricsFile);
  const auto row = fmt::format("{}{} |\n", begin, bytes);
  if (const size_t at = card.find(begin); at != std::string::npos) {
    card.replace(at, card.find('\n', at) + 1 - at, row);
  } else if (const size_t next = card.find("| `onnx/"); next != std::string::npos) {
    card.insert(next, row);  // files are sorted by name
  }
}

}  // namespace

std::string accuracy_section(const MetricsFile& metrics) {
  static const std::map<std::string, const char*> kForms{{"torch", "fp32"},
                                                         {"torch_int8", "int8"},
                                                         {"onnx_fp32", "fp32 on ONNX Runtime"},
                                                         {"onnx_int8", "int8 on ONNX Runtime"}};
  std::set<std::string> names;
  std::string head = "| |", rule = "|---|";
  for (const auto& [form, values] : metrics.results) {
    const auto known = kForms.find(form);
    head += fmt::format(" {} |", known == kForms.end() ? form : known->second);
    rule += "---:|";
    for (const auto& [name, value] : values) {
      if (name.ends_with("recall@1") || name.ends_with("accuracy")) names.insert(name);
    }
  }
  std::string out = fmt::format(
      "## Accuracy\n\n%, on {} pairs that it was not trained on (split {}).\n\n{}\n{}\n",
      metrics.pairs, metrics.split, head, rule);
  for (const auto& name : names) {
    out += fmt::format("| {} |", name);
    for (const auto& [form, values] : metrics.results) {
      const auto found = values.find(name);
      out += found == values.end() ? " |" : fmt::format(" {:.1f} |", 100 * found->second);
    }
    out += "\n";
  }
  return out + "\n";
}

std::string with_metrics(std::string card, const MetricsFile& metrics, uint64_t bytes) {
  replace_size(card, bytes);
  // What follows is the user's where it has sections of the same names.
  const size_t end = std::min(card.find("\n## Encoders\n"), card.size());
  const size_t begin = std::min(card.find("\n## Accuracy\n"), end);
  return card.substr(0, begin) + "\n" + accuracy_section(metrics) +
         card.substr(std::min(end + 1, card.size()));
}

}  // namespace clipstill::bundle
