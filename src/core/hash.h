// Content fingerprints: XXH3-128 in lower-case hexadecimal (32 characters).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace clipstill {

/// Streaming XXH3-128. Not cryptographic: it detects mistakes and damage, not attackers.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;
  Hasher& update(std::span<const uint8_t> bytes);
  Hasher& update(std::string_view text);  // the length is hashed too, so fields cannot run together
  Hasher& update(uint64_t value);
  std::string hex() const;

 private:
  void* state_;
};

std::string hash_hex(std::span<const uint8_t> bytes);
std::string hash_hex(std::string_view text);

}  // namespace clipstill
