#include "core/current_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <new>

namespace clipstill {
namespace {

using testing::HasSubstr;
using testing::Not;

template <class Thrown>
Error error_of(const Thrown& thrown) {
  try {
    throw thrown;
  } catch (...) {
    return current_error();
  }
}

TEST(CurrentError, KeepsOurs) {
  const auto error = error_of(Error(ErrorCode::kAccuracyGate, "lost too much"));
  EXPECT_EQ(error.code(), ErrorCode::kAccuracyGate);
  EXPECT_STREQ(error.what(), "lost too much");
}

TEST(CurrentError, TellsWhatRanOut) {
  EXPECT_EQ(error_of(std::bad_alloc()).code(), ErrorCode::kResource);
  const auto full = error_of(std::filesystem::filesystem_error(
      "cannot rename", "a", std::make_error_code(std::errc::no_space_on_device)));
  EXPECT_EQ(full.code(), ErrorCode::kResource);
  EXPECT_THAT(full.what(), HasSubstr("No space left"));
}

// The words of libtorch 1.13.
TEST(CurrentError, KnowsThatLibtorchRanOutOfMemory) {
  const auto error = error_of(std::runtime_error(
      "[enforce fail at alloc_cpu.cpp:66] . DefaultCPUAllocator: can't allocate memory: you tried "
      "to allocate 8000000000000 bytes. Error code 12 (Cannot allocate memory)\n"
      "Exception raised from alloc_cpu at ./c10/core/impl/alloc_cpu.cpp:66 (most recent call"));
  EXPECT_EQ(error.code(), ErrorCode::kResource);
  EXPECT_THAT(error.what(), HasSubstr("tried to allocate 8000000000000 bytes"));
  EXPECT_THAT(error.what(), Not(HasSubstr("raised from")));
}

TEST(CurrentError, CallsTheRestInternal) {
  EXPECT_EQ(error_of(std::out_of_range("at()")).code(), ErrorCode::kInternal);
  EXPECT_THAT(error_of(std::out_of_range("at()")).what(), HasSubstr("at()"));
  EXPECT_EQ(error_of(7).code(), ErrorCode::kInternal);
}

}  // namespace
}  // namespace clipstill
