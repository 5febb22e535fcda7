#include "bundle/npy.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "../core/scratch_folder.h"
#include "core/files.h"

namespace clipstill::bundle {
namespace {

// numpy.lib.format: the header ends with a newline, and the data begin at a multiple of 64.
TEST(Npy, WritesTheHeaderThatNumpyReads) {
  const ScratchFolder scratch;
  const std::vector<float> values{1, 2, 3, 4, 5, 6};
  write_npy(scratch / "x.npy", values, 2, 3);
  const auto file = read_file(scratch / "x.npy");
  EXPECT_EQ(file.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  const size_t length = static_cast<uint8_t>(file[8]) + 256u * static_cast<uint8_t>(file[9]);
  EXPECT_EQ((10 + length) % 64, 0u);
  const auto header = file.substr(10, length);
  EXPECT_TRUE(header.starts_with("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"));
  EXPECT_EQ(header.back(), '\n');
  ASSERT_EQ(file.size(), 10 + length + sizeof(float) * values.size());
  EXPECT_EQ(std::memcmp(file.data() + 10 + length, values.data(), sizeof(float) * values.size()),
            0);
}

TEST(Npy, AnyShapeKeepsTheAlignment) {
  const ScratchFolder scratch;
  for (const int64_t rows : {int64_t{0}, int64_t{1}, int64_t{99999}}) {
    const std::vector<float> values(static_cast<size_t>(rows), 1.5f);
    write_npy(scratch / "x.npy", values, rows, 1);
    EXPECT_EQ((fs::file_size(scratch / "x.npy") - sizeof(float) * values.size()) % 64, 0u);
  }
}

}  // namespace
}  // namespace clipstill::bundle
