#include "core/machine.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>

#include "scratch_folder.h"

namespace clipstill {
namespace {

constexpr int64_t kMiB = 1 << 20;

TEST(Machine, HasMemoryLeft) {
  const auto memory = machine_memory();
  EXPECT_GT(memory.available, 0);
  EXPECT_GE(memory.total, memory.available);
}

TEST(Machine, DiskIsThatOfTheNearestFolder) {
  const ScratchFolder scratch;
  EXPECT_GT(free_disk(scratch.path()), 0);
  // What is not there yet will be on the disk of what is. Others may write meanwhile.
  EXPECT_NEAR(static_cast<double>(free_disk(scratch / "not" / "there" / "yet")),
              static_cast<double>(free_disk(scratch.path())), 1024.0 * kMiB);
}

TEST(Machine, PeakMemoryIsForgotten) {
  const int64_t before = peak_memory();
  // Not from the heap: the address sanitizer's would keep it.
  void* block =
      ::mmap(nullptr, 200 * kMiB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(block, MAP_FAILED);
  std::memset(block, 1, 200 * kMiB);
  ::munmap(block, 200 * kMiB);
  const int64_t with_block = peak_memory();
  EXPECT_GT(with_block, 200 * kMiB);
#ifdef __SANITIZE_THREAD__
  constexpr int64_t kOfEachByte = 5;  // four that the sanitizer keeps of it
#else
  constexpr int64_t kOfEachByte = 1;
#endif
  EXPECT_LT(with_block, before + kOfEachByte * 200 * kMiB + 100 * kMiB);
  forget_peak_memory();
  EXPECT_LT(peak_memory(), with_block - 150 * kMiB);
}

}  // namespace
}  // namespace clipstill
