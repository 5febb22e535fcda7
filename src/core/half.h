// IEEE binary16 and bfloat16 <-> float, round to nearest even.
#pragma once

#include <cstdint>

namespace clipstill {

uint16_t float_to_half(float value);
float half_to_float(uint16_t bits);
uint16_t float_to_bfloat16(float value);
float bfloat16_to_float(uint16_t bits);

}  // namespace clipstill
