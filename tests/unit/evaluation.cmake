clipstill_test(unit evaluation SOURCES unit/evaluation/gate_test.cpp
  LINKS clipstill_evaluation GTest::gmock)
