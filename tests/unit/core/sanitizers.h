// Whether this program runs under a sanitizer, which takes terabytes of address space: limits of
// memory cannot be tried there.
#pragma once

namespace clipstill {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kHasSanitizer = true;
#else
constexpr bool kHasSanitizer = false;
#endif

}  // namespace clipstill
