# The browser example against clipstill-edge, with bundles that clipstill exports. The script says what
# to install where Node.js or Chromium is missing, and fails.
if(NOT CLIPSTILL_EDGE)
  return()
endif()
add_test(NAME nightly.browser
         COMMAND ${PROJECT_SOURCE_DIR}/examples/browser/test --edge $<TARGET_FILE:clipstill-edge>)
set_tests_properties(nightly.browser PROPERTIES LABELS nightly TIMEOUT 1500 RUN_SERIAL ON)
