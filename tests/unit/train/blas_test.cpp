#include "train/blas.h"

#include <gtest/gtest.h>

namespace clipstill::train {
namespace {

TEST(Blas, OnlyKernelsWithoutAvxAreReplaced) {
  EXPECT_EQ(better_kernels("Prescott", true, true), "SkylakeX");
  EXPECT_EQ(better_kernels("Nehalem", true, false), "Haswell");
  EXPECT_EQ(better_kernels("Prescott", false, false), "");
  EXPECT_EQ(better_kernels("Zen", true, true), "");
  EXPECT_EQ(better_kernels("SkylakeX", true, true), "");
  EXPECT_EQ(better_kernels("", true, true), "");
}

}  // namespace
}  // namespace clipstill::train
