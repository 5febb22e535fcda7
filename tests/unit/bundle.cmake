clipstill_test(unit bundle
  SOURCES unit/bundle/manifest_test.cpp unit/bundle/safetensors_test.cpp
          unit/bundle/safetensors_damage_test.cpp
  LINKS clipstill_bundle GTest::gmock)
