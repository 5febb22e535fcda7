clipstill_test(unit data
  SOURCES unit/data/emoji_test.cpp unit/data/pack_test.cpp unit/data/tar_test.cpp
  LINKS clipstill_data GTest::gmock)
