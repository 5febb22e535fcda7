#include "clipstill/propose.h"

#include <fmt/format.h>

#include <set>

#include "report/format.h"

namespace clipstill::cli {
namespace {

double share_of(int64_t parameters, int64_t all) {
  return static_cast<double>(parameters) / static_cast<double>(all);
}

std::string count(int64_t value) {
  return report::count(static_cast<double>(value));
}

std::string milliseconds(double seconds) {
  return fmt::format("{:.2f} ms", 1e3 * seconds);
}

std::string megaflops(int64_t flops) {
  return fmt::format("{:.1f} MFLOP", static_cast<double>(flops) / 1e6);
}

// One column for each student.
std::string table(const train::StudentSearch& search) {
  const auto row = [&](const std::string& heading, auto&& cell) {
    std::vector<std::string> cells{heading};
    for (const auto& student : search.students) cells.push_back(cell(student));
    return cells;
  };
  std::vector<std::vector<std::string>> rows;
  int number = 0;
  rows.push_back(row("student", [&](const auto&) { return fmt::format("{}", ++number); }));
  std::set<std::string> keys, components;
  for (const auto& student : search.students) {
    for (const auto& [key, value] : student.values) keys.insert(key);
    for (const auto& [component, parameters] : student.parameters) components.insert(component);
  }
  for (const auto& key : keys) {
    rows.push_back(row(key, [&](const auto& student) {
      const auto value = student.values.find(key);
      return value == student.values.end() ? std::string(report::kMissing) : value->second;
    }));
  }
  for (const auto& component : components) {
    rows.push_back(row("parameters, " + component, [&](const auto& student) {
      return count(student.parameters.at(component));
    }));
  }
  rows.push_back(row("parameters, total",
                     [](const auto& student) { return count(student.total_parameters); }));
  rows.push_back(row("of those allowed", [&](const auto& student) {
    return report::percent(share_of(student.total_parameters, search.limits.parameters));
  }));
  if (search.teacher_parameters > 0) {
    rows.push_back(row("of the teacher's", [&](const auto& student) {
      return report::percent(share_of(student.total_parameters, search.teacher_parameters));
    }));
  }
  rows.push_back(row("time, one image",
                     [](const auto& student) { return milliseconds(student.image_seconds); }));
  rows.push_back(row("time, one text",
                     [](const auto& student) { return milliseconds(student.text_seconds); }));
  rows.push_back(row("compute, one image",
                     [](const auto& student) { return megaflops(student.image_flops); }));
  rows.push_back(
      row("compute, one text", [](const auto& student) { return megaflops(student.text_flops); }));
  return format_table(rows);
}

}  // namespace

Json search_json(const train::StudentSearch& search) {
  Json students = Json::array();
  for (const auto& student : search.students) {
    Json values;
    for (const auto& [key, value] : student.values) values[key] = Json::parse(value);
    students.push_back({{"values", values},
                        {"parameters", student.parameters},
                        {"parameters_total", student.total_parameters},
                        {"image_seconds", student.image_seconds},
                        {"text_seconds", student.text_seconds},
                        {"image_flops", student.image_flops},
                        {"text_flops", student.text_flops}});
    if (search.teacher_parameters > 0) {
      students.back()["share"] = share_of(student.total_parameters, search.teacher_parameters);
    }
  }
  Json json{{"parameters_allowed", search.limits.parameters}};
  if (search.limits.latency > 0) json["image_seconds_allowed"] = search.limits.latency;
  if (search.teacher_parameters > 0) json["teacher_parameters"] = search.teacher_parameters;
  json["timed_with"] = "libtorch";
  json["students"] = students;
  json["toml"] = search.toml;
  return json;
}

std::string search_text(const train::StudentSearch& search) {
  std::string allowed = count(search.limits.parameters) + " parameters";
  if (search.teacher_parameters > 0) {
    allowed +=
        fmt::format(" ({} of the teacher's)",
                    report::percent(share_of(search.limits.parameters, search.teacher_parameters)));
  }
  if (search.limits.latency > 0) {
    allowed += ", " + milliseconds(search.limits.latency) + " an image";
  }
  return fmt::format(
      R"(Allowed: {}

{}
Each is the largest of its two kinds of tower that fits. Order: share of the allowed parameters in
steps of {} %; where equal, the config's own kinds of tower first, then the faster image tower.
Split, a rule of thumb and no measured optimum: of the parameters of towers and token table, the
image tower has {} to {} %, the table at most {} %. Which one learns best, only training tells.
Times: libtorch on this machine, one thread, one image or one text of full length at a time, median.
What the bundle takes in ONNX Runtime, `clipstill export` and `clipstill bench` tell.

The first, in place of these tables of the config:

{})",
      allowed, table(search), train::kShareStepPercent, train::kLeastImagePercent,
      train::kMostImagePercent, train::kMostTablePercent, search.toml);
}

}  // namespace clipstill::cli
