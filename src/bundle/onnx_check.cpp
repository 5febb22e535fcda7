#include "bundle/onnx_check.h"

#include <map>

#include "core/error.h"

namespace clipstill::bundle {
namespace {

constexpr int kMaxDepth = 32;  // of graphs within graphs

// The messages of onnx.proto in which a tensor can lie, with the numbers of the fields that lead
// there; these do not change once published.
enum class Message { kModel, kGraph, kNode, kAttribute, kTensor, kSparseTensor, kFunction };

const std::map<Message, std::map<uint64_t, Message>>& children() {
  static const std::map<Message, std::map<uint64_t, Message>> table{
      {Message::kModel, {{7, Message::kGraph}, {25, Message::kFunction}}},
      {Message::kGraph, {{1, Message::kNode}, {5, Message::kTensor}, {15, Message::kSparseTensor}}},
      {Message::kNode, {{5, Message::kAttribute}}},
      {Message::kAttribute,
       {{5, Message::kTensor},
        {6, Message::kGraph},
        {10, Message::kTensor},
        {11, Message::kGraph},
        {22, Message::kSparseTensor},
        {23, Message::kSparseTensor}}},
      {Message::kTensor, {}},
      {Message::kSparseTensor, {{1, Message::kTensor}, {2, Message::kTensor}}},
      {Message::kFunction, {{7, Message::kNode}, {11, Message::kAttribute}}}};
  return table;
}

constexpr uint64_t kTensorExternalData = 13;
constexpr uint64_t kTensorDataLocation = 14;

enum class Wire { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

class Walker {
 public:
  explicit Walker(const std::string& name) : name_(name) {}

  void walk(Message message, std::span<const uint8_t> bytes, int depth) const {
    if (depth > kMaxDepth) {
      fail(ErrorCode::kBadData, "{}: graphs nested deeper than {}", name_, kMaxDepth);
    }
    const auto& below = children().at(message);
    while (!bytes.empty()) {
      const uint64_t key = varint(bytes), field = key >> 3;
      const auto wire = static_cast<Wire>(key & 7);
      if (wire == Wire::kVarint) {
        const uint64_t value = varint(bytes);
        if (message == Message::kTensor && field == kTensorDataLocation && value != 0) external();
      } else if (wire == Wire::kBytes) {
        const uint64_t size = varint(bytes);
        const auto content = take(bytes, size);
        if (message == Message::kTensor && field == kTensorExternalData) external();
        const auto child = below.find(field);
        if (child != below.end()) walk(child->second, content, depth + 1);
      } else if (wire == Wire::kFixed64 || wire == Wire::kFixed32) {
        take(bytes, wire == Wire::kFixed64 ? 8 : 4);
      } else {
        damaged();
      }
    }
  }

 private:
  std::span<const uint8_t> take(std::span<const uint8_t>& bytes, uint64_t size) const {
    if (size > bytes.size()) damaged();
    const auto taken = bytes.first(size);
    bytes = bytes.subspan(size);
    return taken;
  }

  uint64_t varint(std::span<const uint8_t>& bytes) const {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t byte = take(bytes, 1).front();
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    damaged();
  }

  [[noreturn]] void damaged() const {
    fail(ErrorCode::kBadData, "{}: truncated or not an ONNX file", name_);
  }
  [[noreturn]] void external() const {
    fail(ErrorCode::kBadData,
         "{}: keeps weights in another file, which is refused: a bundle must not name files to "
         "read; export it with its weights inside",
         name_);
  }

  const std::string& name_;
};

}  // namespace

void check_onnx(std::span<const uint8_t> file, const std::string& name) {
  if (file.empty()) fail(ErrorCode::kBadData, "{}: empty, expected an ONNX file", name);
  Walker(name).walk(Message::kModel, file, 0);
}

}  // namespace clipstill::bundle
