// Vectors for hand-written loops: sixteen floats, whatever the machine computes at once. Only for
// the .cpp files of such loops, which are compiled alone.
#pragma once

#include <c10/util/BFloat16.h>

#include <bit>
#include <cstdint>
#include <cstring>

// The widest vectors that the machine has, chosen when the program starts.
#if defined(__x86_64__) && defined(__linux__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define CLIPSTILL_WIDEST_VECTORS __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define CLIPSTILL_WIDEST_VECTORS
#endif
#define CLIPSTILL_INLINE __attribute__((always_inline)) inline

namespace clipstill::nn {

constexpr int64_t kLanes = 16;
using Floats [[gnu::vector_size(4 * kLanes)]] = float;
using Words [[gnu::vector_size(4 * kLanes)]] = uint32_t;
using Halves [[gnu::vector_size(2 * kLanes)]] = uint16_t;

// Vectors are passed by reference, because by value the instruction set decides how.
CLIPSTILL_INLINE void load(const float* from, Floats& x) {
  std::memcpy(&x, from, sizeof x);
}
CLIPSTILL_INLINE void load(const c10::BFloat16* from, Floats& x) {
  Halves halves;
  std::memcpy(&halves, from, sizeof halves);
  const Words bits = __builtin_convertvector(halves, Words) << 16;
  std::memcpy(&x, &bits, sizeof x);
}
CLIPSTILL_INLINE void load(const float* from, float& x) {
  x = *from;
}
CLIPSTILL_INLINE void load(const c10::BFloat16* from, float& x) {
  x = std::bit_cast<float>(static_cast<uint32_t>(from->x) << 16);
}

// The bits of floats rounded to bfloat16: to the nearest, ties to even; NaN stays NaN, because its
// highest mantissa bit is set.
template <typename U>
CLIPSTILL_INLINE void round_to_half(U& bits) {
  const U rounded = bits + 0x7fff + (bits >> 16 & 1);
  bits = ((bits & 0x7fffffff) > 0x7f800000 ? bits | 0x400000 : rounded) >> 16;
}
CLIPSTILL_INLINE void store(const Floats& x, float* to) {
  std::memcpy(to, &x, sizeof x);
}
CLIPSTILL_INLINE void store(const Floats& x, c10::BFloat16* to) {
  Words bits;
  std::memcpy(&bits, &x, sizeof bits);
  round_to_half(bits);
  const Halves halves = __builtin_convertvector(bits, Halves);
  std::memcpy(to, &halves, sizeof halves);
}
CLIPSTILL_INLINE void store(float x, float* to) {
  *to = x;
}
CLIPSTILL_INLINE void store(float x, c10::BFloat16* to) {
  auto bits = std::bit_cast<uint32_t>(x);
  round_to_half(bits);
  to->x = static_cast<uint16_t>(bits);
}

}  // namespace clipstill::nn
