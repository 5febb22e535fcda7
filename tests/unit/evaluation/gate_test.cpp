#include "evaluation/gate.h"

#include <gtest/gtest.h>

#include "../core/expect_error.h"

namespace clipstill::evaluation {
namespace {

Metrics metrics(double recall, double en, double zh) {
  return {{"mean/recall@1", recall},
          {"mean/recall@5", 0.9},
          {"en/zero_shot/accuracy", en},
          {"zh/zero_shot/accuracy", zh},
          {"zh/zero_shot/top5", 0.1}};
}

TEST(Gate, ComparesRecallAndZeroShotInPoints) {
  const auto lost = drop(metrics(0.500, 0.60, 0.40), metrics(0.496, 0.58, 0.41));
  EXPECT_NEAR(lost.recall, 0.4, 1e-9);
  EXPECT_NEAR(lost.zero_shot, 0.5, 1e-9);  // 50 % to 49.5 %, the mean of both languages
  EXPECT_TRUE(lost.is_within(0.5));        // the limit itself passes
  EXPECT_FALSE(lost.is_within(0.45));      // zero-shot alone is enough to fail
  EXPECT_FALSE((Drop{.recall = 0.4, .zero_shot = 0}).is_within(0.3));
  EXPECT_TRUE(drop(metrics(0.5, 0.5, 0.5), metrics(0.6, 0.6, 0.6)).is_within(0));
}

TEST(Gate, NamesWhatIsMissing) {
  auto some = metrics(0.5, 0.5, 0.5);
  some.erase("mean/recall@1");
  expect_error(ErrorCode::kBadData, {"mean/recall@1"}, [&] { accuracy_of(some); });
  expect_error(ErrorCode::kBadData, {"zero_shot"}, [&] { accuracy_of({{"mean/recall@1", 0.5}}); });
}

}  // namespace
}  // namespace clipstill::evaluation
