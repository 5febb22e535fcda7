clipstill_test(unit evaluation SOURCES unit/evaluation/calibration_test.cpp unit/evaluation/categories_test.cpp unit/evaluation/disagreement_test.cpp unit/evaluation/evaluate_test.cpp unit/evaluation/gate_test.cpp
  LINKS clipstill_evaluation GTest::gmock)
