clipstill_test(unit data
  SOURCES unit/data/audit_test.cpp unit/data/caption_json_test.cpp unit/data/chinese_clip_test.cpp
          unit/data/csv_test.cpp unit/data/default_language_test.cpp unit/data/emoji_test.cpp unit/data/flickr_test.cpp
          unit/data/imagefolder_test.cpp unit/data/jsonl_test.cpp unit/data/pack_test.cpp
          unit/data/pairs_test.cpp unit/data/tar_test.cpp unit/data/webdataset_test.cpp
          unit/data/loader_test.cpp unit/data/matches_test.cpp unit/data/orientation_test.cpp unit/data/pair_set_test.cpp
          unit/data/run_data_test.cpp unit/data/sampler_test.cpp unit/data/split_test.cpp unit/data/tag_views_test.cpp
          unit/data/teacher_cache_test.cpp
  LINKS clipstill_data GTest::gmock)
