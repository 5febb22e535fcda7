clipstill_test(unit core
  SOURCES unit/core/options_test.cpp
  LINKS clipstill_core GTest::gmock)
