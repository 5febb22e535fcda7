# What tests/reference/image_sweep.py talks to.
add_executable(image_dump parity/image/dump_main.cpp)
target_link_libraries(image_dump PRIVATE clipstill_image clipstill_flags)
