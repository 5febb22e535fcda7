#include "train/run_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "../core/expect_error.h"

namespace clipstill::train {
namespace {

using testing::HasSubstr;

TEST(WorkThrough, GoesOnWhereARunFailsInWhateverWay) {
  const std::vector<QueuedRun> runs(4);
  std::vector<size_t> finished;
  const auto failed = work_through(runs, /*jobs=*/1, /*threads=*/1, [&](size_t i) {
    if (i == 0) fail(ErrorCode::kBadData, "diverged");
    if (i == 2) throw std::runtime_error("of a library");
    finished.push_back(i);
  });
  EXPECT_EQ(finished, (std::vector<size_t>{1, 3}));
  ASSERT_EQ(failed.size(), 2u);
  EXPECT_EQ(failed.at(0).code(), ErrorCode::kBadData);
  EXPECT_EQ(failed.at(2).code(), ErrorCode::kInternal);
  EXPECT_THAT(failed.at(2).what(), HasSubstr("of a library"));
}

TEST(WorkThrough, AnInterruptEndsIt) {
  const std::vector<QueuedRun> runs(2);
  size_t begun = 0;
  expect_error(ErrorCode::kInterrupted, {"stopped"}, [&] {
    work_through(runs, 1, 1, [&](size_t) {
      ++begun;
      fail(ErrorCode::kInterrupted, "stopped");
    });
  });
  EXPECT_EQ(begun, 1u);
}

}  // namespace
}  // namespace clipstill::train
