// A tiny SigLIP model, in parts and as a file.
#pragma once

#include <bit>
#include <string>

#include "text/siglip.h"

namespace clipstill::text {

inline SentencePieceModel tiny_siglip() {
  using Kind = SentencePiece::Kind;
  SentencePieceModel model;
  model.pieces = {{"<pad>", 0, Kind::kControl},
                  {"</s>", 0, Kind::kControl},
                  {"<unk>", 0, Kind::kUnknown},
                  {"▁", -2.5},
                  {"a", -3},
                  {"b", -3},
                  {"ab", -4},
                  {"▁a", -3},
                  {"▁dog", -5},
                  {"dog", -6},
                  {"s", -4},
                  {"狗", -7}};
  return model;
}

/// Protobuf fields.
inline std::string varint(uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  return out + static_cast<char>(value);
}
inline std::string bytes_field(int number, const std::string& bytes) {
  return varint(static_cast<uint64_t>(number) << 3 | 2) + varint(bytes.size()) + bytes;
}
inline std::string number_field(int number, uint64_t value) {
  return varint(static_cast<uint64_t>(number) << 3) + varint(value);
}
inline std::string float_field(int number, float value) {
  std::string out = varint(static_cast<uint64_t>(number) << 3 | 5);
  auto bits = std::bit_cast<uint32_t>(value);
  for (int i = 0; i < 4; ++i, bits >>= 8) out.push_back(static_cast<char>(bits & 0xff));
  return out;
}

/// The file of a model.
inline std::string model_file(const SentencePieceModel& model) {
  std::string out;
  for (const auto& piece : model.pieces) {
    out += bytes_field(1, bytes_field(1, piece.text) + float_field(2, piece.score) +
                              number_field(3, static_cast<uint64_t>(piece.kind)));
  }
  out += bytes_field(2, number_field(35, model.byte_fallback ? 1 : 0));
  return out + bytes_field(3, (model.charsmap.empty() ? "" : bytes_field(2, model.charsmap)) +
                                  number_field(4, model.remove_extra_whitespaces ? 1 : 0));
}

/// A charsmap of nodes by place, the others being zero, and replacements.
inline std::string charsmap_file(size_t nodes, const std::vector<std::pair<size_t, uint32_t>>& set,
                                 const std::string& replacements) {
  std::string out(4 + 4 * nodes, '\0');
  const auto put = [&](size_t at, uint32_t value) {
    for (size_t i = 0; i < 4; ++i, value >>= 8) out[at + i] = static_cast<char>(value & 0xff);
  };
  put(0, static_cast<uint32_t>(4 * nodes));
  for (const auto& [node, value] : set) put(4 + 4 * node, value);
  return out + replacements;
}

}  // namespace clipstill::text
