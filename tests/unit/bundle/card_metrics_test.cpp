#include "bundle/card_metrics.h"

#include <gtest/gtest.h>

namespace clipstill::bundle {
namespace {

// A whole card is compared with an export in tests/unit/exporter/bundle_folder_test.cpp.
TEST(CardMetrics, GoToTheEndOfACardThatIsNotOurs) {
  MetricsFile metrics;
  metrics.split = "test";
  metrics.pairs = 7;
  metrics.results = {{"onnx_fp32", {{"mean/recall@1", 0.4375}, {"mean/recall@5", 1}}}};
  EXPECT_EQ(with_metrics("# Mine\n", metrics, 9),
            "# Mine\n\n## Accuracy\n\n%, on 7 pairs that it was not trained on (split test).\n\n"
            "| | fp32 on ONNX Runtime |\n|---|---:|\n| mean/recall@1 | 43.8 |\n\n");
  EXPECT_EQ(with_metrics("", metrics, 9), "\n" + accuracy_section(metrics));
}

}  // namespace
}  // namespace clipstill::bundle
