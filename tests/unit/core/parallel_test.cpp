#include "core/parallel.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "core/start_threads.h"
#include "expect_error.h"
#include "sanitizers.h"

namespace clipstill {
namespace {

// Calls `body` in a child process that has room for few stacks.
template <class Body>
void expect_with_little_memory(Body body) {
  EXPECT_EXIT(
      {
        rlimit limit;
        limit.rlim_cur = limit.rlim_max = rlim_t{256} << 20;
        setrlimit(RLIMIT_AS, &limit);
        body();
        std::exit(testing::Test::HasFailure() ? 1 : 0);
      },
      testing::ExitedWithCode(0), "");
}

TEST(ParallelFor, CallsEachIndexOnce) {
  for (const int threads : {0, 1, 3, 8}) {
    for (const size_t n : {size_t{0}, size_t{1}, size_t{2}, size_t{1000}}) {
      std::vector<std::atomic<int>> calls(n);
      parallel_for(
          n, [&](size_t i) { ++calls[i]; }, threads);
      for (const auto& count : calls) ASSERT_EQ(count, 1);
    }
  }
}

TEST(ParallelFor, RunsOnSeveralThreadsAtOnce) {
  // Each body waits for the other: this only ends if both run together.
  std::atomic<int> arrived{0};
  parallel_for(
      2,
      [&](size_t) {
        ++arrived;
        while (arrived < 2) std::this_thread::yield();
      },
      /*threads=*/2);
  EXPECT_EQ(arrived, 2);
}

TEST(ParallelFor, RethrowsAndStopsTakingWork) {
  for (const int threads : {1, 4}) {
    std::atomic<size_t> calls{0};
    try {
      parallel_for(
          1'000'000,
          [&](size_t i) {
            ++calls;
            if (i == 10) throw std::runtime_error("body 10");
          },
          threads);
      ADD_FAILURE() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "body 10");
    }
    EXPECT_LT(calls, 1'000'000u);
  }
}

TEST(ParallelFor, OneOfSeveralExceptionsArrives) {
  EXPECT_THROW(parallel_for(
                   100, [](size_t) { throw std::runtime_error("every body"); }, 4),
               std::runtime_error);
}

TEST(ParallelFor, MayBeNested) {
  std::atomic<int> sum{0};
  parallel_for(
      4,
      [&](size_t) {
        parallel_for(
            5, [&](size_t) { ++sum; }, 2);
      },
      2);
  EXPECT_EQ(sum, 20);
}

TEST(ParallelFor, TellsThatThereAreNoMoreThreads) {
  if (kHasSanitizer) GTEST_SKIP();
  expect_with_little_memory([] {
    expect_error(ErrorCode::kResource, {"of 999", "fewer threads"}, [] {
      parallel_for(
          1000, [](size_t) { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }, 1000);
    });
  });
}

TEST(RequireThreads, RefusesMoreThanThereIsRoomFor) {
  require_threads(0);
  require_threads(8);
  if (kHasSanitizer) GTEST_SKIP();
  expect_with_little_memory([] {
    require_threads(2);
    expect_error(ErrorCode::kResource, {"of 1000", "fewer threads"}, [] { require_threads(1000); });
  });
}

TEST(AvailableThreads, FollowsTheAffinity) {
  cpu_set_t old;
  ASSERT_EQ(sched_getaffinity(0, sizeof old, &old), 0);
  EXPECT_EQ(available_threads(), CPU_COUNT(&old));
  int first = 0;
  while (!CPU_ISSET(first, &old)) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(available_threads(), 1);
  sched_setaffinity(0, sizeof old, &old);
}

}  // namespace
}  // namespace clipstill
