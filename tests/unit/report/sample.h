// A comparison like a real one: a teacher, a native student and distilled ones over three seeds,
// two languages, curves, examples and notes.
#pragma once

#include "report/report.h"

namespace clipstill::report {

/// Bytes of a valid 1 x 1 PNG.
std::string tiny_png();

/// A run whose validation curve rises to `score`, all metrics near it.
RunResult sample_run(int64_t seed, double score);

Comparison sample_comparison();

/// Nothing but the names: no runs, no parameters, no curves, no examples.
Comparison empty_comparison();

/// Text that would break out of HTML, SVG, Markdown, JSON or the terminal if it were not escaped.
inline constexpr const char* kHostile =
    "</script><img src=x onerror=\"alert('1')\">&amp; | `code` [x](javascript:y) "
    "\x1b[31m \xff\xfe 犬の絵文字 <b";

}  // namespace clipstill::report
