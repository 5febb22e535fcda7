# What tests/reference/text_sweep.py talks to.
add_executable(text_dump parity/text/dump_main.cpp)
target_link_libraries(text_dump PRIVATE clipstill_text clipstill_flags)
