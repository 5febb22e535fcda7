// What this machine has left, and what this process took of it.
#pragma once

#include <cstdint>
#include <filesystem>

namespace clipstill {

/// Bytes. A container's limit is 0 where there is none, or the system does not tell.
struct MachineMemory {
  int64_t available = 0;  // to this process, the container's limit considered
  int64_t total = 0;
  int64_t container_limit = 0;
};
MachineMemory machine_memory();

/// Bytes that this user may still write where `path` is, or is going to be; 0 if that cannot be
/// told.
int64_t free_disk(const std::filesystem::path& path);

/// Most bytes in memory (resident) at once, of this process since it began or since
/// forget_peak_memory(). 0 where the system does not tell.
int64_t peak_memory();
/// Gives freed memory back and begins to watch anew (Linux; elsewhere nothing happens).
void forget_peak_memory();

/// Whether this CPU multiplies in bfloat16 (x86-64: AVX-512 BF16; arm64: BF16). Elsewhere libtorch
/// only imitates it.
bool has_bfloat16();

}  // namespace clipstill
