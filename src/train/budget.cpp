#include "train/budget.h"

#include <charconv>
#include <cmath>
#include <string>

#include "core/error.h"
#include "core/options.h"

namespace clipstill::train {
namespace {

constexpr const char* kExample = "for example --budget params=10%,latency=5ms";
constexpr double kMostParameters = 1e15;  // whole numbers are exact in a double

struct Quantity {
  double number = 0;  // positive
  std::string_view unit;
};

// kUsage with `expected` where `text` does not begin with a positive number.
Quantity parse_quantity(std::string_view key, std::string_view text, const char* expected) {
  Quantity quantity;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), quantity.number);
  if (error != std::errc() || !std::isfinite(quantity.number) || quantity.number <= 0) {
    fail(ErrorCode::kUsage, "--budget: {} must be {}, found \"{}\"", key, expected, text);
  }
  quantity.unit = text.substr(static_cast<size_t>(end - text.data()));
  return quantity;
}

void parse_parameters(std::string_view text, Budget& budget) {
  constexpr const char* kExpected =
      "a share of the teacher's as 10% (at most 100%), or a whole number as 980000, 980k or 1.2M";
  const auto [number, unit] = parse_quantity("params", text, kExpected);
  if (unit == "%" && number <= 100) {
    budget.share = number / 100;
    return;
  }
  const double factor = unit.empty() ? 1 : unit == "k" ? 1e3 : unit == "M" ? 1e6 : 0;
  // 1.2 x 1e6 is not exact, and it is a whole number none the less.
  const double count = std::round(number * factor);
  const bool is_whole = std::fabs(number * factor - count) <= 1e-9 * count;
  if (factor == 0 || !is_whole || count < 1 || count > kMostParameters) {
    fail(ErrorCode::kUsage, "--budget: params must be {}, found \"{}\"", kExpected, text);
  }
  budget.parameters = static_cast<int64_t>(count);
}

void parse_latency(std::string_view text, Budget& budget) {
  constexpr const char* kExpected = "milliseconds for one image as 5ms or 0.5ms";
  const auto [number, unit] = parse_quantity("latency", text, kExpected);
  if (unit != "ms") {
    fail(ErrorCode::kUsage, "--budget: latency must be {}, found \"{}\"", kExpected, text);
  }
  budget.latency = number / 1e3;
}

}  // namespace

Budget parse_budget(std::string_view text) {
  const StringList keys{"params", "latency"};
  Budget budget;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t comma = std::min(text.find(',', begin), text.size());
    const auto item = text.substr(begin, comma - begin);
    begin = comma + 1;
    const size_t equals = item.find('=');
    if (equals == std::string_view::npos) {
      fail(ErrorCode::kUsage, "--budget must be key=value pairs, found \"{}\"; {}", item, kExample);
    }
    const auto key = item.substr(0, equals), value = item.substr(equals + 1);
    const bool is_parameters = key == keys[0];
    if (!is_parameters && key != keys[1]) {
      const auto nearest = nearest_name(key, keys);
      fail(ErrorCode::kUsage, "--budget: \"{}\" is unknown; known: params, latency{}; {}", key,
           nearest.empty() ? "" : "; nearest: " + nearest, kExample);
    }
    if (is_parameters ? budget.share || budget.parameters : budget.latency.has_value()) {
      fail(ErrorCode::kUsage, "--budget: {} is given twice; give it once", key);
    }
    is_parameters ? parse_parameters(value, budget) : parse_latency(value, budget);
  }
  return budget;
}

int64_t allowed_parameters(const Budget& budget, double default_share, int64_t teacher_parameters) {
  if (budget.parameters) return *budget.parameters;
  if (teacher_parameters == 0) {
    fail(ErrorCode::kUsage,
         "--budget: a share of the teacher's parameters needs a teacher; set teacher.folder, or "
         "give a number as params=1.2M");
  }
  // 29 % of 100 are 29, though 0.29 x 100 is a little less.
  constexpr double kRounding = 1e-6;
  return static_cast<int64_t>(
      budget.share.value_or(default_share) * static_cast<double>(teacher_parameters) + kRounding);
}

}  // namespace clipstill::train
