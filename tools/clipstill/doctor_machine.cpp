// Checks of the machine: CPU, threads, memory, disk.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "clipstill/doctor_check.h"
#include "core/machine.h"
#include "core/parallel.h"

namespace clipstill::cli {
namespace {

constexpr double kGiB = 1024.0 * 1024.0 * 1024.0;
// The emoji data, its cache and a training run fit below these.
constexpr double kLeastMemory = 1, kEnoughMemory = 3;  // GiB
constexpr double kLeastDisk = 0.5, kEnoughDisk = 3;    // GiB

double gib(int64_t bytes) {
  return static_cast<double>(bytes) / kGiB;
}

Health grade(double value, double least, double enough) {
  return value < least ? Health::kFailed : value < enough ? Health::kWarning : Health::kOk;
}

DoctorCheck check_cpu() {
  DoctorCheck check{"cpu", Health::kOk, "", ""};
#ifdef __x86_64__
  struct Feature {
    const char* name;
    bool present;
  };
  const Feature features[]{{"AVX2", __builtin_cpu_supports("avx2") != 0},
                           {"AVX-512", __builtin_cpu_supports("avx512f") != 0},
                           {"VNNI", __builtin_cpu_supports("avx512vnni") != 0},
                           {"BF16", has_bfloat16()}};
  std::vector<std::string> words;
  for (const auto& [name, present] : features) {
    words.push_back(fmt::format("{} {}", name, present ? "yes" : "no"));
  }
  check.found = fmt::format("x86-64: {}", fmt::join(words, ", "));
  if (!features[0].present) {
    check.health = Health::kWarning;
    check.fix = "without AVX2 training is many times slower; use a CPU made after 2013";
  }
#else
  utsname system{};
  if (::uname(&system) == 0) check.found = system.machine;
#endif
  return check;
}

// CPUs that the control group grants, when it sets a limit.
std::optional<double> cpu_quota() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  double quota = 0, period = 0;
  if (file >> quota >> period && period > 0) return quota / period;
  return std::nullopt;
}

DoctorCheck check_threads() {
  const int usable = available_threads();
  DoctorCheck check{"threads", Health::kOk,
                    fmt::format("{} usable of {}", usable, std::thread::hardware_concurrency()),
                    ""};
  if (const auto quota = cpu_quota(); quota && *quota < usable) {
    check.health = Health::kWarning;
    check.found += fmt::format(", {:.1f} CPUs of time granted", *quota);
    check.fix = "more threads than granted CPUs slow each other down; raise the container's limit";
  }
  return check;
}

DoctorCheck check_memory() {
  const auto memory = machine_memory();
  const double available = gib(memory.available);
  std::string found =
      fmt::format("{:.1f} GiB available of {:.1f} GiB", available, gib(memory.total));
  if (memory.container_limit > 0) {
    found += fmt::format(", container limit {:.1f} GiB", gib(memory.container_limit));
  }
  const Health health = grade(available, kLeastMemory, kEnoughMemory);
  return {"memory", health, found,
          health == Health::kOk
              ? ""
              : fmt::format("free memory: training wants {:g} GiB, or a smaller train.micro_batch",
                            kEnoughMemory)};
}

DoctorCheck check_disk() {
  std::error_code error;
  const auto folder = std::filesystem::current_path(error).string();
  if (error) {
    return {"disk", Health::kFailed, "the current folder cannot be read", "work in another folder"};
  }
  if (::access(folder.c_str(), W_OK) != 0) {
    return {"disk", Health::kFailed, folder + " is not writable", "work in a folder of your own"};
  }
  const double free = gib(free_disk(folder));
  const Health health = grade(free, kLeastDisk, kEnoughDisk);
  return {"disk", health, fmt::format("{:.1f} GiB free in {}", free, folder),
          health == Health::kOk ? ""
                                : fmt::format("free disk space: data, caches and checkpoints want "
                                              "{:g} GiB",
                                              kEnoughDisk)};
}

}  // namespace

std::vector<DoctorCheck> machine_checks() {
  return {check_cpu(), check_threads(), check_memory(), check_disk()};
}

}  // namespace clipstill::cli
