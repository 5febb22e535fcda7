// One cold start, measured from outside.
#pragma once

#include <cstdint>

#include "core/options.h"

namespace clipstill::cli {

struct ColdStart {
  double seconds = 0;       // from before the process exists to after its end
  uint64_t peak_bytes = 0;  // greatest resident memory
};

/// Runs this executable again with other arguments, its output dropped. kInternal if that fails.
ColdStart measure_cold_start(const StringList& arguments);

}  // namespace clipstill::cli
