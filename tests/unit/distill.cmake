clipstill_test(unit distill
  SOURCES unit/distill/dkd_test.cpp unit/distill/gd_test.cpp unit/distill/gradient_test.cpp
          unit/distill/hard_negatives_test.cpp unit/distill/options_test.cpp
          unit/distill/properties_test.cpp unit/distill/reference_test.cpp
          unit/distill/schedule_test.cpp
  LINKS clipstill_distill GTest::gmock)
clipstill_uses_torch(distill_test nn_test)
# Tiny tensors need no threads, which on a busy machine wait for each other.
set_property(TEST unit.distill APPEND PROPERTY ENVIRONMENT OMP_NUM_THREADS=1)
