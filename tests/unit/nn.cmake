clipstill_test(unit nn
  SOURCES unit/nn/reference.cpp unit/nn/batch_norm_test.cpp unit/nn/clip_model_test.cpp unit/nn/flops_test.cpp
          unit/nn/image_tower_test.cpp unit/nn/inherit_test.cpp unit/nn/lstm_test.cpp unit/nn/rep_conv_test.cpp
          unit/nn/resnet_test.cpp unit/nn/text_tower_test.cpp unit/nn/transformer_test.cpp
  LINKS clipstill_nn GTest::gmock)
# The libraries' precompiled header is position-independent; executables need one of their own.
clipstill_uses_torch(nn_test)
target_precompile_headers(nn_test PRIVATE <gmock/gmock.h>)
# Tiny tensors need no threads, which on a busy machine wait for each other.
set_property(TEST unit.nn APPEND PROPERTY ENVIRONMENT OMP_NUM_THREADS=1)
