// What the fuzz targets share. An input is taken or refused with a clipstill::Error; anything else
// (another exception, an internal error, a broken promise) ends the process, which libFuzzer
// reports and keeps the input of.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

#include "core/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace clipstill::fuzz {

/// Whether body() took the input.
template <class Body>
bool taken(const Body& body) {
  try {
    body();
    return true;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kInternal) throw;
    return false;
  }
}

/// What must hold of every input that was taken.
inline void require(bool holds) {
  if (!holds) std::abort();
}

inline std::string_view as_text(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace clipstill::fuzz
