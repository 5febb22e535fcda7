#include "train/student_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "core/error.h"

namespace clipstill::train {
namespace {

struct Pairing {
  size_t image = 0, text = 0;
  int64_t parameters = 0;
};

bool keeps_split(const CountedTower& image, const CountedTower& text) {
  const int64_t all = image.parameters + text.parameters + text.table;
  return 100 * image.parameters >= kLeastImagePercent * all &&
         100 * image.parameters <= kMostImagePercent * all &&
         100 * text.table <= kMostTablePercent * all;
}

/// Times towers as they are asked for, each once.
class Stopwatch {
 public:
  Stopwatch(const std::vector<CountedTower>& images, const StudentLimits& limits,
            const std::function<double(size_t)>& image_seconds)
      : images_(images), limits_(limits), image_seconds_(image_seconds) {}

  double seconds(size_t image) {
    const auto [entry, fresh] = seconds_.try_emplace(image);
    if (fresh) entry->second = image_seconds_(image);
    return entry->second;
  }

  bool is_fast_enough(size_t image) {
    if (limits_.latency == 0) return true;
    // What is wider than a tower that is too slow need not be timed.
    return image < too_slow_from(images_[image].series) && seconds(image) <= limits_.latency;
  }

  /// The fastest of those timed, with its seconds.
  std::pair<size_t, double> fastest() const {
    return *std::min_element(seconds_.begin(), seconds_.end(),
                             [](const auto& a, const auto& b) { return a.second < b.second; });
  }

 private:
  // The first tower of the series that takes too long; the one after the series if none does.
  size_t too_slow_from(size_t series) {
    const auto [entry, fresh] = too_slow_from_.try_emplace(series);
    if (!fresh) return entry->second;
    const auto of_series = [&](size_t image) { return images_[image].series == series; };
    size_t begin = 0;
    while (!of_series(begin)) ++begin;
    size_t end = begin;
    while (end < images_.size() && of_series(end) &&
           images_[end].parameters <= limits_.parameters) {
      ++end;
    }
    while (begin < end) {
      const size_t middle = begin + (end - begin) / 2;
      if (seconds(middle) <= limits_.latency) {
        begin = middle + 1;
      } else {
        end = middle;
      }
    }
    return entry->second = end;
  }

  const std::vector<CountedTower>& images_;
  const StudentLimits& limits_;
  const std::function<double(size_t)>& image_seconds_;
  std::map<size_t, double> seconds_;
  std::map<size_t, size_t> too_slow_from_;  // by series
};

class Chooser {
 public:
  Chooser(const CountedTowers& towers, const StudentLimits& limits,
          const std::function<double(size_t)>& image_seconds)
      : towers_(towers), limits_(limits), stopwatch_(towers.images, limits, image_seconds) {}

  std::vector<ChosenStudent> choose() {
    const auto fitting = pairings([&](const Pairing& p) {
      return p.parameters <= limits_.parameters && keeps_split(image(p), text(p));
    });
    if (fitting.empty()) refuse_parameters();
    std::vector<ChosenStudent> chosen;
    std::map<std::pair<std::string, std::string>, bool> found;  // by kinds
    for (const auto& pairing : fitting) {
      auto& is_found = found[{image(pairing).arch, text(pairing).arch}];
      if (is_found || !stopwatch_.is_fast_enough(pairing.image)) continue;
      is_found = true;
      chosen.push_back(
          {pairing.image, pairing.text, pairing.parameters, stopwatch_.seconds(pairing.image)});
    }
    if (chosen.empty()) refuse_latency();
    std::stable_sort(chosen.begin(), chosen.end(),
                     [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
    return chosen;
  }

 private:
  template <class P>
  const CountedTower& image(const P& pairing) const {
    return towers_.images[pairing.image];
  }
  template <class P>
  const CountedTower& text(const P& pairing) const {
    return towers_.texts[pairing.text];
  }

  // All that `condition` holds for, the largest first.
  template <class Condition>
  std::vector<Pairing> pairings(Condition&& condition) const {
    std::vector<Pairing> all;
    for (size_t i = 0; i < towers_.images.size(); ++i) {
      for (size_t t = 0; t < towers_.texts.size(); ++t) {
        Pairing pairing{i, t};
        const auto &image = towers_.images[i], &text = towers_.texts[t];
        pairing.parameters = image.parameters + image.projection + text.parameters + text.table +
                             text.projection + towers_.scale;
        if (condition(pairing)) all.push_back(pairing);
      }
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& a, const auto& b) { return a.parameters > b.parameters; });
    return all;
  }

  // Smaller is better.
  std::tuple<int64_t, int, double> rank(const ChosenStudent& student) const {
    const int64_t step = 100 * student.parameters / limits_.parameters / kShareStepPercent;
    const int own =
        (image(student).arch == limits_.image_arch) + (text(student).arch == limits_.text_arch);
    return {-step, -own, student.image_seconds};
  }

  [[noreturn]] void refuse_parameters() const {
    auto all = pairings([&](const Pairing& p) { return keeps_split(image(p), text(p)); });
    const bool keep_split = !all.empty();
    if (!keep_split) all = pairings([](const Pairing&) { return true; });
    if (all.empty()) {
      fail(ErrorCode::kUsage,
           "no tower of the grid can be built with this config's model.image.size, patch, "
           "head_width and projections; change these");
    }
    const auto& least = all.back();
    fail(ErrorCode::kUsage,
         "no student fits: at most {} parameters are allowed, and the smallest student{} has {} "
         "(image {}; text {}; {} of them in the token table, {} in projections). Allow more, or "
         "make tokenizer.vocabulary or model.embed_dim smaller",
         limits_.parameters, keep_split ? " that keeps the split" : "", least.parameters,
         describe(image(least).keys), describe(text(least).keys), text(least).table,
         image(least).projection + text(least).projection);
  }

  [[noreturn]] void refuse_latency() const {
    const auto [fastest, seconds] = stopwatch_.fastest();
    fail(ErrorCode::kUsage,
         "no student is fast enough: at most {:g} ms for an image are allowed, and the fastest of "
         "{} parameters or fewer takes {:.3g} ms (image {}). Allow more, or make model.image.size "
         "smaller",
         1e3 * limits_.latency, limits_.parameters, 1e3 * seconds,
         describe(towers_.images[fastest].keys));
  }

  const CountedTowers& towers_;
  const StudentLimits& limits_;
  Stopwatch stopwatch_;
};

}  // namespace

std::vector<ChosenStudent> choose_students(
    const CountedTowers& towers, const StudentLimits& limits,
    const std::function<double(size_t image)>& image_seconds) {
  return Chooser(towers, limits, image_seconds).choose();
}

std::string describe(const Keys& keys) {
  std::string text;
  for (const auto& [key, value] : keys) {
    const auto name = key.substr(key.rfind('.') + 1);
    text += name == "arch" ? value : fmt::format(", {} {}", name, value);
  }
  return text;
}

}  // namespace clipstill::train
