#include "core/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <numeric>

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

std::string OptionSpec::describe() const {
  if (!minimum) return help;
  return fmt::format("{} ({} to {})", help, *minimum, *maximum);
}

std::string OptionSpec::describe_type() const {
  if (!choices.empty()) {
    const bool is_list = std::holds_alternative<StringList*>(target);
    return fmt::format("{}{}", fmt::join(choices, "|"), is_list ? ",..." : "");
  }
  constexpr std::array kNames{"true|false", "integer", "number", "text", "text,...", "number,..."};
  static_assert(kNames.size() == std::variant_size_v<OptionTarget>);
  return kNames[target.index()];
}

std::string nearest_name(std::string_view word, const StringList& candidates) {
  std::string best;
  // A short word is near to everything; more than one wrong letter of three is a guess.
  size_t best_distance = word.size() <= 3 ? 2 : std::max<size_t>(2, word.size() / 3) + 1;
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
  for (const auto& spec : specs_) {
    if (spec->key.ends_with(fmt::format(".{}", key))) return spec->key;  // "lr" for "train.lr"
    keys.push_back(spec->key);
  }
  return nearest_name(key, keys);
}

void OptionSet::assign_override(std::string_view assignment, std::string_view origin) {
  const size_t equals = assignment.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    fail(ErrorCode::kUsage, "{}: expected key=value, found \"{}\"", origin, assignment);
  }
  assign(assignment.substr(0, equals), assignment.substr(equals + 1), origin);
}

}  // namespace clipstill
