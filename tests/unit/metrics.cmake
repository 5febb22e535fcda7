clipstill_test(unit metrics
  SOURCES unit/metrics/bootstrap_test.cpp unit/metrics/calibration_test.cpp
          unit/metrics/retrieval_test.cpp unit/metrics/zero_shot_test.cpp
  LINKS clipstill_metrics GTest::gmock)
