clipstill_test(unit cli
  SOURCES unit/cli/display_test.cpp unit/cli/parser_test.cpp unit/cli/program_test.cpp
          unit/cli/run_program.cpp
  LINKS clipstill_cli GTest::gmock)
add_dependencies(cli_test clipstill clipstill-edge)
