#include "exporter/protobuf.h"

#include <bit>

namespace clipstill::exporter {
namespace {

// A field starts with its number and how its length is told.
enum WireType : uint64_t { kVarint = 0, kLengthDelimited = 2, kFixed32 = 5 };

constexpr uint64_t tag(uint32_t field, WireType type) {
  return uint64_t{field} << 3 | type;
}

}  // namespace

ProtoMessage& ProtoMessage::integer(uint32_t field, int64_t value) {
  varint(tag(field, kVarint));
  varint(static_cast<uint64_t>(value));  // negative numbers take all ten bytes
  return *this;
}

ProtoMessage& ProtoMessage::number(uint32_t field, float value) {
  varint(tag(field, kFixed32));
  const auto bits = std::bit_cast<uint32_t>(value);
  for (int shift = 0; shift < 32; shift += 8) bytes_ += static_cast<char>(bits >> shift & 0xff);
  return *this;
}

ProtoMessage& ProtoMessage::text(uint32_t field, std::string_view value) {
  announce(field, value.size());
  bytes_ += value;
  return *this;
}

ProtoMessage& ProtoMessage::message(uint32_t field, const ProtoMessage& value) {
  return text(field, value.bytes());
}

ProtoMessage& ProtoMessage::announce(uint32_t field, uint64_t length) {
  varint(tag(field, kLengthDelimited));
  varint(length);
  return *this;
}

void ProtoMessage::varint(uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>((value & 0x7f) | 0x80);
  bytes_ += static_cast<char>(value);
}

}  // namespace clipstill::exporter
