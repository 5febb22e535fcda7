#include "run_folder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace clipstill::e2e {

std::map<std::string, std::string> files_below(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const auto name = fs::relative(entry.path(), folder).string();
    if (entry.is_regular_file() && name.find(".tmp-") == std::string::npos) {
      files[name] = read_file(entry.path());
    }
  }
  return files;
}

std::vector<nlohmann::json> log_of(const fs::path& run) {
  std::vector<nlohmann::json> entries;
  std::istringstream lines(read_file(run / "log.jsonl"));
  for (std::string line; std::getline(lines, line);) {
    entries.push_back(nlohmann::json::parse(line));
    entries.back().erase("seconds");
  }
  return entries;
}

std::vector<int64_t> checkpoint_steps(const fs::path& run) {
  std::vector<int64_t> steps;
  std::error_code none_yet;
  for (const auto& entry : fs::directory_iterator(run / "checkpoints", none_yet)) {
    const auto name = entry.path().filename().string();
    if (name.starts_with("step-")) steps.push_back(std::stoll(name.substr(5)));
  }
  std::sort(steps.begin(), steps.end());
  return steps;
}

fs::path checkpoint_folder(const fs::path& run, int64_t step) {
  return run / "checkpoints" / fmt::format("step-{:08}", step);
}

void expect_same_run(const fs::path& run, const fs::path& reference, int64_t steps) {
  for (const char* name : {"model.safetensors", "optimizer.safetensors", "ema.safetensors"}) {
    EXPECT_TRUE(read_file(checkpoint_folder(run, steps) / name) ==
                read_file(checkpoint_folder(reference, steps) / name))
        << name << " differs";
  }
  EXPECT_TRUE(files_below(run / "best") == files_below(reference / "best")) << "best differs";
  EXPECT_EQ(log_of(run), log_of(reference));
}

void truncate_file(const fs::path& path) {
  fs::resize_file(path, fs::file_size(path) / 2);
}

void damage_file(const fs::path& path) {
  auto content = read_file(path);
  content[content.size() / 2] ^= 1;
  write_file(path, content);
}

}  // namespace clipstill::e2e
