#include "train/sweep_points.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/error.h"
#include "core/hash.h"
#include "train/trainer.h"
#include "train/variants.h"

namespace clipstill::train {
namespace {

constexpr size_t kMaxName = 120;  // bytes, so that with a seed any file system takes it

// The name, or where it holds anything that a file system or a shell could take amiss, that part of
// it which is harmless and a hash of the whole.
std::string folder_of(const std::string& name) {
  std::string safe;
  for (const char c : name) {
    const bool keep = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                      std::string_view("._=-+").find(c) != std::string_view::npos;
    safe += c == ' ' ? ',' : keep ? c : '_';
  }
  const bool told_apart =
      std::count(safe.begin(), safe.end(), '_') == std::count(name.begin(), name.end(), '_');
  if (told_apart && safe.size() <= kMaxName) return safe;
  return safe.substr(0, kMaxName) + "-" + Hasher().update(name).hex().substr(0, 8);
}

void check_axes(RunConfig& base, const std::vector<OptionAxis>& grid) {
  size_t points = 1;
  for (const auto& axis : grid) {
    if (axis.values.empty()) {
      fail(ErrorCode::kUsage, "{}: {} has no values; give at least one, or take it out of the grid",
           axis.origin, axis.key);
    }
    if (is_shared_key(axis.key)) {
      fail(ErrorCode::kUsage,
           "{}: a sweep must not change {}; its runs share the data, the tokenizer and the seeds: "
           "{}",
           axis.origin, axis.key,
           axis.key == "train.seed" ? "give them as sweep.seeds"
                                    : "set it at the top of the config");
    }
    points *= axis.values.size();
    if (points > kMaxGridPoints) {
      fail(ErrorCode::kUsage, "{}: the grid has more than {} points; take some values out",
           axis.origin, kMaxGridPoints);
    }
  }
  OptionSet set;  // names all that is wrong with a value, before any point is made
  RunConfig config;
  declare_options(set, config);
  set.load_toml_text(resolved_toml(base), "config");
  for (const auto& axis : grid) {
    for (const auto& value : axis.values) set.assign(axis.key, value, axis.origin);
  }
}

// A temperature of a loss that is off would be trained for many times over, to the same end.
void check_losses(const std::vector<OptionAxis>& grid, const std::vector<GridPoint>& points) {
  for (const auto& axis : grid) {
    for (size_t i = 0; i < points.front().config->losses.size(); ++i) {
      const auto loss = [&](const GridPoint& point) -> const auto& {
        return *point.config->losses[i];
      };
      const auto& name = loss(points.front()).name();
      if (!axis.key.starts_with("loss." + name + ".")) continue;
      if (std::any_of(points.begin(), points.end(),
                      [&](const auto& point) { return loss(point).active(); })) {
        continue;
      }
      fail(ErrorCode::kUsage,
           "{}: {} changes nothing: loss.{}.weight is 0 at every point; set it in the config, or "
           "name a variant that has it (sweep.variant)",
           axis.origin, axis.key, name);
    }
  }
}

// Those of further teachers have folders of their own.
bool changes_soft_labels(const std::string& key) {
  return key.starts_with("augment.") || key == "teacher.folder" || key == "teacher.bf16" ||
         key == "train.views" || key == "train.view_seed";
}

// What the labels of a point are of, in the name of its cache: the part of the point that says so.
void keep_caches_apart(const std::vector<OptionAxis>& grid, GridPoint& point) {
  auto& cache = point.config->teacher.cache;
  std::string part;
  for (size_t i = 0; i < grid.size(); ++i) {
    if (grid[i].key == "teacher.cache") return;
    if (!changes_soft_labels(grid[i].key)) continue;
    part += fmt::format("{}{}={}", part.empty() ? "" : " ", grid[i].key, point.values[i]);
  }
  if (!part.empty() && !cache.empty()) cache += "-" + folder_of(part);
}

}  // namespace

std::vector<GridPoint> grid_points(RunConfig& base, const std::vector<OptionAxis>& grid) {
  if (grid.empty()) {
    fail(ErrorCode::kUsage,
         "the grid of the sweep is empty; give values to try under [sweep.grid], for example "
         "\"loss.kl.temperature\" = [1, 2, 4]");
  }
  check_axes(base, grid);
  std::vector<GridPoint> points;
  std::map<std::string, std::string> seen;  // resolved config -> name
  std::vector<size_t> at(grid.size(), 0);
  for (bool more = true; more;) {
    auto& point = points.emplace_back();
    VariantSpec spec;
    spec.origin = grid.front().origin;
    for (size_t i = 0; i < grid.size(); ++i) {
      const auto& text = grid[i].values[at[i]];
      point.values.push_back(text);
      point.name += fmt::format("{}{}={}", i > 0 ? " " : "", grid[i].key, text);
      spec.overrides.push_back({grid[i].key, text, grid[i].origin});
    }
    point.folder = folder_of(point.name);
    spec.name = point.name;
    point.config = variant_config(base, spec);
    const auto [same, is_new] = seen.emplace(resolved_toml(*point.config), point.name);
    if (!is_new) {
      fail(ErrorCode::kUsage,
           "{}: \"{}\" and \"{}\" are the same; each value needs to be there once",
           grid.front().origin, same->second, point.name);
    }
    keep_caches_apart(grid, point);
    more = false;
    for (size_t i = grid.size(); i-- > 0 && !more;) {
      at[i] = (at[i] + 1) % grid[i].values.size();
      more = at[i] > 0;
    }
  }
  check_losses(grid, points);
  return points;
}

}  // namespace clipstill::train
