#include "train/blas.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>

namespace clipstill::train {
namespace {

constexpr const char* kChoice = "OPENBLAS_CORETYPE";

}  // namespace

std::string openblas_kernels() {
  const auto name = reinterpret_cast<char* (*)()>(::dlsym(RTLD_DEFAULT, "openblas_get_corename"));
  return name == nullptr ? "" : name();
}

std::string better_kernels(const std::string& chosen, bool has_avx2, bool has_avx512) {
  constexpr const char* kWithoutAvx[] = {"Prescott",  "Core2",   "Penryn", "Dunnington",
                                         "Atom",      "Nehalem", "Athlon", "Opteron",
                                         "Barcelona", "Bobcat",  "Nano",   "Opteron_SSE3"};
  if (std::ranges::find(kWithoutAvx, chosen) == std::end(kWithoutAvx)) return "";
  return has_avx512 ? "SkylakeX" : has_avx2 ? "Haswell" : "";
}

void restart_with_better_kernels(char** argv) {
#ifdef __x86_64__
  if (::getenv(kChoice) != nullptr) return;  // the user's choice, or ours: once is enough
  const auto better =
      better_kernels(openblas_kernels(), __builtin_cpu_supports("avx2"),
                     __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"));
  if (better.empty() || ::setenv(kChoice, better.c_str(), /*overwrite=*/0) != 0) return;
  ::execv("/proc/self/exe", argv);
#else
  (void)argv;
#endif
}

}  // namespace clipstill::train
