clipstill_test(unit image
  SOURCES unit/image/augment_test.cpp unit/image/codec_test.cpp unit/image/colour_test.cpp
          unit/image/damage_test.cpp unit/image/orientation_test.cpp unit/image/preprocess_test.cpp
          unit/image/resize_test.cpp unit/image/svg_test.cpp
  LINKS clipstill_image GTest::gmock)

find_package(nlohmann_json REQUIRED)
clipstill_test(parity image_parity
  SOURCES parity/image/goldens_test.cpp parity/image/orientation_test.cpp
  LINKS clipstill_image nlohmann_json::nlohmann_json)

# What tests/reference/image_sweep.py talks to.
add_executable(image_dump parity/image/dump_main.cpp)
target_link_libraries(image_dump PRIVATE clipstill_image clipstill_flags)
