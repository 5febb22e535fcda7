// The wire format of protocol buffers, as far as ONNX files need it: varints, 32-bit floats, and
// fields that carry their length (protobuf.dev/programming-guides/encoding).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace clipstill::exporter {

class ProtoMessage {
 public:
  ProtoMessage& integer(uint32_t field, int64_t value);
  ProtoMessage& number(uint32_t field, float value);
  ProtoMessage& text(uint32_t field, std::string_view value);
  ProtoMessage& message(uint32_t field, const ProtoMessage& value);
  /// The head of a field of `length` bytes that the caller writes after this message.
  ProtoMessage& announce(uint32_t field, uint64_t length);

  const std::string& bytes() const { return bytes_; }

 private:
  void varint(uint64_t value);

  std::string bytes_;
};

}  // namespace clipstill::exporter
