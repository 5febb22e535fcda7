find_package(nlohmann_json REQUIRED)
clipstill_test(unit report
  SOURCES unit/report/sample.cpp unit/report/markup_checker.cpp
          unit/report/category_test.cpp unit/report/curve_test.cpp unit/report/escape_test.cpp unit/report/format_test.cpp
          unit/report/html_test.cpp unit/report/json_test.cpp unit/report/markdown_test.cpp
          unit/report/plot_test.cpp unit/report/summary_test.cpp unit/report/text_table_test.cpp
          unit/report/verdict_test.cpp
  LINKS clipstill_report nlohmann_json::nlohmann_json GTest::gmock)
