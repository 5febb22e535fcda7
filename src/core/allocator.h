// How the process gives freed memory back.
#pragma once

namespace clipstill {

/// Keeps freed memory for the next allocation instead of returning it to the system. A training
/// step frees what the next one allocates, tensors of megabytes; fetching them anew each time costs
/// a sixth of a small student's step in page faults. Peak memory stays what it is. For programs,
/// not for the library; does nothing where the C library is not glibc.
void keep_freed_memory();

}  // namespace clipstill
