#include "train/student_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "core/error.h"
#include "core/progress.h"
#include "core/stopwatch.h"
#include "train/model_folder.h"
#include "train/run_data.h"
#include "train/threads.h"
#include "train/variants.h"

namespace clipstill::train {
namespace {

constexpr int kWarmUpPasses = 3;
constexpr size_t kLeastPasses = 5, kMostPasses = 200;
constexpr double kPassesSeconds = 0.2;
constexpr const char* kOrigin = "grid of students";

enum class Side { kImage, kText };

int64_t total_of(const std::map<std::string, int64_t>& parameters) {
  int64_t total = 0;
  for (const auto& [component, count] : parameters) total += count;
  return total;
}

// The tower of one side by `keys`; the other one, of which nothing is asked, as small as there is.
nn::ClipModelOptions with_tower(nn::ClipModelOptions options, Side side, const Keys& keys) {
  if (side == Side::kImage) {
    const int64_t context = options.text.context;
    options.text = {};
    options.text.arch = "lstm";
    options.text.context = context;
    options.text.width = 1;
    options.text.layers = 1;
    options.text_projection = "linear";
  } else {
    options.image = {};
    options.image.width = 1;
    options.image.blocks = {1};
    options.image_projection = "linear";
  }
  OptionSet set;
  nn::declare_options(set, "model", options);
  for (const auto& [key, value] : keys) set.assign(key, value, kOrigin);
  return options;
}

// Nothing where a tower does not take the width.
std::optional<nn::ClipModel> try_network(const nn::ClipModelOptions& options,
                                         const text::Tokenizer& tokenizer) {
  try {
    return make_network(options, tokenizer, /*seed=*/0);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUsage) throw;
    return std::nullopt;
  }
}

int64_t projection_parameters(const nn::ClipModel& network, Side side) {
  const std::string prefix = side == Side::kImage ? "image_projection." : "text_projection.";
  int64_t count = 0;
  for (const auto& parameter : network->named_parameters()) {
    if (parameter.key().starts_with(prefix)) count += parameter.value().numel();
  }
  return count;
}

std::vector<CountedTower> count_side(Side side, const nn::ClipModelOptions& options,
                                     const text::Tokenizer& tokenizer, int64_t most_parameters) {
  const bool is_image = side == Side::kImage;
  const auto all = is_image ? image_series() : text_series();
  Progress progress(is_image ? "count image towers" : "count text towers", "series", all.size());
  std::vector<CountedTower> towers;
  for (size_t series = 0; series < all.size(); ++series, progress.advance()) {
    for (const auto& keys : all[series]) {
      const auto network = try_network(with_tower(options, side, keys), tokenizer);
      if (!network) continue;
      const auto parameters = (*network)->parameters_by_component();
      CountedTower tower{keys.front().second, keys, series};
      tower.parameters = parameters.at(is_image ? "image tower" : "text tower");
      tower.table = is_image ? 0 : parameters.at("token embedding");
      tower.projection = projection_parameters(*network, side);
      towers.push_back(tower);
      if (tower.parameters + tower.table > most_parameters) break;
    }
  }
  return towers;
}

double median_seconds(const std::function<void()>& pass) {
  for (int i = 0; i < kWarmUpPasses; ++i) pass();
  std::vector<double> seconds;
  double sum = 0;
  while (seconds.size() < kLeastPasses || (sum < kPassesSeconds && seconds.size() < kMostPasses)) {
    seconds.push_back(seconds_of(pass));
    sum += seconds.back();
  }
  const auto middle = seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2);
  std::nth_element(seconds.begin(), middle, seconds.end());
  return *middle;
}

// What a pass takes depends on neither pixels nor tokens.
double time_image(nn::ClipModel network) {
  network->eval();
  const torch::InferenceMode guard;
  const int64_t size = network->options().image.size;
  const auto pixels = torch::randn({1, 3, size, size}).to(torch::MemoryFormat::ChannelsLast);
  return median_seconds([&] { network->encode_image(pixels); });
}

double time_text(nn::ClipModel network) {
  network->eval();
  const torch::InferenceMode guard;
  const auto ids = torch::zeros({1, network->options().text.context}, torch::kLong);
  const auto mask = torch::ones_like(ids, torch::kBool);
  return median_seconds([&] { network->encode_text(ids, mask); });
}

std::unique_ptr<RunConfig> student_config(RunConfig& base, const Keys& image, const Keys& text) {
  VariantSpec spec;
  for (const auto& keys : {image, text}) {
    for (const auto& [key, value] : keys) spec.overrides.push_back({key, value, kOrigin});
  }
  return variant_config(base, spec);
}

// The tables that make the student, to stand in place of the config's own: what differs from the
// defaults, and what the student sets.
std::string student_toml(RunConfig& student, const std::map<std::string, std::string>& set) {
  RunConfig fresh;
  const auto defaults = resolved_values(fresh);
  std::map<std::string, std::string> tables{
      {"model", ""}, {"model.image", ""}, {"model.text", ""}, {"tokenizer", ""}};
  for (const auto& [key, value] : resolved_values(student)) {
    const auto dot = key.rfind('.');
    const auto table = dot == std::string::npos ? tables.end() : tables.find(key.substr(0, dot));
    if (table == tables.end()) continue;
    const auto own = set.find(key);
    const bool is_told = own != set.end() || key == "model.embed_dim" ||
                         key == "tokenizer.vocabulary" || value != defaults.at(key);
    if (!is_told) continue;
    table->second +=
        fmt::format("{} = {}\n", key.substr(dot + 1), own != set.end() ? own->second : value);
  }
  std::string toml;
  for (const auto& [table, lines] : tables) {
    toml += fmt::format("{}[{}]\n{}", toml.empty() ? "" : "\n", table, lines);
  }
  return toml;
}

ProposedStudent propose(RunConfig& config, const CountedTower& image, const CountedTower& text,
                        double image_seconds, const text::Tokenizer& tokenizer) {
  const auto network = make_network(config.model, tokenizer, /*seed=*/0);
  ProposedStudent student;
  const auto values = resolved_values(config);
  for (const auto& keys : {image.keys, text.keys}) {
    // As the grid writes it ("[1, 2]", not "[1.0, 2.0]"), but for the quotes of strings.
    for (const auto& [key, as_written] : keys) {
      const auto& resolved = values.at(key);
      student.values[key] = resolved.starts_with('"') ? resolved : as_written;
    }
  }
  student.parameters = network->parameters_by_component();
  student.total_parameters = total_of(student.parameters);
  student.image_seconds = image_seconds;
  student.text_seconds = time_text(network);
  student.image_flops = network->image_flops();
  student.text_flops = network->text_flops(config.model.text.context);
  return student;
}

}  // namespace

CountedTowers count_towers(const nn::ClipModelOptions& options, const text::Tokenizer& tokenizer,
                           int64_t most_parameters) {
  return {count_side(Side::kImage, options, tokenizer, most_parameters),
          count_side(Side::kText, options, tokenizer, most_parameters),
          /*scale=*/options.logit_bias ? 2 : 1};
}

StudentSearch search_students(RunConfig& base, const Budget& budget, double default_share) {
  StudentSearch search;
  if (!base.teacher.folder.empty()) {
    search.teacher_parameters =
        total_of(load_model(base.teacher.folder).network->parameters_by_component());
  }
  search.limits = {allowed_parameters(budget, default_share, search.teacher_parameters),
                   budget.latency.value_or(0), base.model.image.arch, base.model.text.arch};
  const auto tokenizer = make_tokenizer(base.tokenizer, open_run_data(base.data).train);
  const auto towers = count_towers(base.model, *tokenizer, search.limits.parameters);

  set_threads(1);
  const auto chosen = choose_students(towers, search.limits, [&](size_t image) {
    return time_image(make_network(with_tower(base.model, Side::kImage, towers.images[image].keys),
                                   *tokenizer, /*seed=*/0));
  });
  for (const auto& choice : chosen) {
    const auto &image = towers.images[choice.image], &text = towers.texts[choice.text];
    const auto config = student_config(base, image.keys, text.keys);
    search.students.push_back(propose(*config, image, text, choice.image_seconds, *tokenizer));
    if (search.toml.empty()) {
      search.toml = student_toml(*config, search.students.front().values);
    }
  }
  set_threads(base.train.threads);
  return search;
}

}  // namespace clipstill::train
