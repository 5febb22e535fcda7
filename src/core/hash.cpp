#include "core/hash.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <new>

namespace clipstill {
namespace {

XXH3_state_t* as_state(void* state) {
  return static_cast<XXH3_state_t*>(state);
}

std::string to_hex(XXH128_hash_t hash) {
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

}  // namespace

Hasher::Hasher() : state_(XXH3_createState()) {
  if (state_ == nullptr) throw std::bad_alloc();
  XXH3_128bits_reset(as_state(state_));
}

Hasher::~Hasher() {
  XXH3_freeState(as_state(state_));
}

Hasher& Hasher::update(std::span<const uint8_t> bytes) {
  XXH3_128bits_update(as_state(state_), bytes.data(), bytes.size());
  return *this;
}

Hasher& Hasher::update(std::string_view text) {
  update(static_cast<uint64_t>(text.size()));
  XXH3_128bits_update(as_state(state_), text.data(), text.size());
  return *this;
}

Hasher& Hasher::update(uint64_t value) {
  XXH3_128bits_update(as_state(state_), &value, sizeof value);
  return *this;
}

std::string Hasher::hex() const {
  return to_hex(XXH3_128bits_digest(as_state(state_)));
}

std::string hash_hex(std::span<const uint8_t> bytes) {
  return to_hex(XXH3_128bits(bytes.data(), bytes.size()));
}

std::string hash_hex(std::string_view text) {
  return to_hex(XXH3_128bits(text.data(), text.size()));
}

}  // namespace clipstill
