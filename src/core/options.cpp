#include "core/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <type_traits>

#include "core/error.h"

namespace clipstill {
namespace {

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest_name(std::string_view word, const StringList& candidates) {
  std::string best;
  size_t best_distance = std::max<size_t>(2, word.size() / 3) + 1;
  for (const auto& candidate : candidates) {
    const size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

OptionSet::Declaration& OptionSet::Declaration::range(double minimum, double maximum) {
  spec_.minimum = minimum;
  spec_.maximum = maximum;
  return *this;
}

OptionSet::Declaration& OptionSet::Declaration::choices(StringList values) {
  spec_.choices = std::move(values);
  return *this;
}

OptionSet::Declaration OptionSet::declare(std::string key, OptionTarget target, std::string help) {
  if (find(key) != nullptr) fail(ErrorCode::kInternal, "option {} is declared twice", key);
  auto spec = std::make_unique<OptionSpec>();
  spec->key = std::move(key);
  spec->help = std::move(help);
  spec->target = target;
  spec->default_value = std::visit([](auto* member) -> OptionValue { return *member; }, target);
  spec->origin = "default";
  specs_.push_back(std::move(spec));
  return Declaration(*specs_.back());
}

const OptionSpec* OptionSet::find(std::string_view key) const {
  for (const auto& spec : specs_) {
    if (spec->key == key) return spec.get();
  }
  return nullptr;
}

std::string OptionSet::nearest(std::string_view key) const {
  StringList keys;
  for (const auto& spec : specs_) keys.push_back(spec->key);
  if (auto name = nearest_name(key, keys); !name.empty()) return name;
  for (const auto& known : keys) {  // "lr" for "train.lr"
    if (known.ends_with(fmt::format(".{}", key))) return known;
  }
  return {};
}

void OptionSet::assign_override(std::string_view assignment, std::string_view origin) {
  const size_t equals = assignment.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    fail(ErrorCode::kUsage, "{}: expected key=value, found \"{}\"", origin, assignment);
  }
  assign(assignment.substr(0, equals), assignment.substr(equals + 1), origin);
}

std::string OptionSet::help() const {
  std::string text;
  for (const auto& spec : specs_) {
    text += fmt::format("  {:<28} {}", spec->key, spec->help);
    if (!spec->choices.empty()) text += fmt::format(" [{}]", fmt::join(spec->choices, "|"));
    if (spec->minimum) text += fmt::format(" ({:g} to {:g})", *spec->minimum, *spec->maximum);
    text += fmt::format("; default {}\n", format_option(spec->default_value));
  }
  return text;
}

}  // namespace clipstill
