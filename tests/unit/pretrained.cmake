clipstill_test(unit pretrained
  SOURCES unit/pretrained/config_test.cpp unit/pretrained/inputs_test.cpp
  LINKS clipstill_pretrained GTest::gmock)
