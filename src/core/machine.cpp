#include "core/machine.h"

#include <malloc.h>
#include <sys/statvfs.h>
#ifdef __aarch64__
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

#include <algorithm>
#include <fstream>
#include <string>

namespace clipstill {
namespace {

// Bytes of a line like "MemAvailable:  123 kB"; 0 if it is not there.
int64_t kib_line(const char* path, const std::string& wanted) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(wanted + ":")) continue;
    return std::strtoll(line.c_str() + wanted.size() + 1, nullptr, 10) * 1024;
  }
  return 0;
}

}  // namespace

MachineMemory machine_memory() {
  MachineMemory memory;
  memory.available = kib_line("/proc/meminfo", "MemAvailable");
  memory.total = kib_line("/proc/meminfo", "MemTotal");
  std::ifstream limit_file("/sys/fs/cgroup/memory.max");
  std::ifstream used_file("/sys/fs/cgroup/memory.current");
  int64_t limit = 0, used = 0;
  if (limit_file >> limit && used_file >> used) {
    memory.container_limit = limit;
    memory.available = std::min(memory.available, limit - used);
  }
  return memory;
}

int64_t free_disk(const std::filesystem::path& path) {
  std::error_code error;
  auto folder = std::filesystem::absolute(path, error);
  while (!std::filesystem::exists(folder, error) && folder.has_relative_path()) {
    folder = folder.parent_path();
  }
  struct statvfs info {};
  if (::statvfs(folder.c_str(), &info) != 0) return 0;
  return static_cast<int64_t>(info.f_bavail) * static_cast<int64_t>(info.f_frsize);
}

int64_t peak_memory() {
  return kib_line("/proc/self/status", "VmHWM");
}

void forget_peak_memory() {
  ::malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5";  // proc(5): the peak becomes what is used now
}

bool has_bfloat16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16") != 0;
#elif defined(__aarch64__)
  return (::getauxval(AT_HWCAP2) & HWCAP2_BF16) != 0;
#else
  return false;
#endif
}

}  // namespace clipstill
