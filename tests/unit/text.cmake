find_package(nlohmann_json REQUIRED)
clipstill_test(unit text
  SOURCES unit/text/bpe_merges_test.cpp unit/text/clip_bpe_test.cpp unit/text/clip_files_test.cpp
          unit/text/files_test.cpp unit/text/nfc_test.cpp unit/text/piece_map_test.cpp unit/text/siglip_files_test.cpp
          unit/text/siglip_test.cpp unit/text/unigram_test.cpp unit/text/vocabulary_test.cpp
          unit/text/wordpiece_test.cpp
  LINKS clipstill_text nlohmann_json::nlohmann_json GTest::gmock)

clipstill_test(parity text_parity
  SOURCES parity/text/clip_goldens_test.cpp parity/text/goldens_test.cpp
          parity/text/siglip_goldens_test.cpp
  LINKS clipstill_text nlohmann_json::nlohmann_json)

# What the sweeps and the goldens of tests/reference/ talk to.
foreach(tool dump json)
  add_executable(text_${tool} parity/text/${tool}_main.cpp)
  target_link_libraries(text_${tool} PRIVATE clipstill_text clipstill_flags)
endforeach()
