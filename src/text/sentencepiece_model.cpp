#include "text/sentencepiece_model.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/error.h"

namespace clipstill::text {
namespace {

using Kind = SentencePiece::Kind;

enum class Wire : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

struct Field {
  uint32_t number = 0;
  Wire wire = Wire::kVarint;
  uint64_t value = 0;      // of numbers
  std::string_view bytes;  // of kBytes
};

// The fields of one protobuf message, which is a part of `file`.
class MessageReader {
 public:
  MessageReader(std::string_view file, std::string_view message) : file_(file), rest_(message) {}

  // The next field; false at the end.
  bool next(Field& field) {
    if (rest_.empty()) return false;
    const uint64_t tag = varint();
    field.number = static_cast<uint32_t>(tag >> 3);
    if (tag > UINT32_MAX || field.number == 0) damaged("no field has this number");
    field.wire = static_cast<Wire>(tag & 7);
    switch (field.wire) {
      case Wire::kVarint:
        field.value = varint();
        return true;
      case Wire::kFixed32:
        field.value = fixed(4);
        return true;
      case Wire::kFixed64:
        field.value = fixed(8);
        return true;
      case Wire::kBytes:
        field.bytes = take(varint());
        return true;
    }
    damaged("no field is written in this way");
  }

  // The value of a field, which must be written in that way.
  std::string_view bytes(const Field& field) const {
    expect(field, Wire::kBytes);
    return field.bytes;
  }
  uint64_t number(const Field& field) const {
    expect(field, Wire::kVarint);
    return field.value;
  }
  float real(const Field& field) const {
    expect(field, Wire::kFixed32);
    return std::bit_cast<float>(static_cast<uint32_t>(field.value));
  }

  [[noreturn]] void damaged(std::string_view why) const {
    fail(ErrorCode::kBadData,
         "not a SentencePiece model, or damaged: at byte {} of {}: {}; get the file again",
         rest_.data() - file_.data(), file_.size(), why);
  }

 private:
  void expect(const Field& field, Wire wire) const {
    if (field.wire != wire) damaged(fmt::format("field {} has another type", field.number));
  }

  std::string_view take(uint64_t size) {
    if (size > rest_.size()) {
      damaged(fmt::format("{} bytes expected, {} are left", size, rest_.size()));
    }
    const auto taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  uint64_t fixed(size_t size) {  // little-endian
    uint64_t value = 0;
    int shift = 0;
    for (const char byte : take(size)) {
      value |= uint64_t{static_cast<unsigned char>(byte)} << shift;
      shift += 8;
    }
    return value;
  }

  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      value |= uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return value;
    }
    damaged("a number of more than 64 bits");
  }

  std::string_view file_, rest_;
};

SentencePiece read_piece(MessageReader reader, size_t id) {
  SentencePiece piece;
  for (Field field; reader.next(field);) {
    if (field.number == 1) {
      piece.text = reader.bytes(field);
    } else if (field.number == 2) {
      piece.score = reader.real(field);
    } else if (field.number == 3) {
      const uint64_t kind = reader.number(field);
      if (kind < 1 || kind > static_cast<uint64_t>(Kind::kByte)) {
        fail(ErrorCode::kBadData, "piece {} is of type {}; clipstill knows 1 to 6", id, kind);
      }
      piece.kind = static_cast<Kind>(kind);
    }
  }
  if (!std::isfinite(piece.score)) {
    fail(ErrorCode::kBadData, "piece {} (\"{}\") has score {}; expected a finite number", id,
         piece.text, piece.score);
  }
  return piece;
}

void read_trainer_spec(MessageReader reader, SentencePieceModel& model) {
  constexpr std::string_view kTypes[] = {"?", "unigram", "BPE", "word", "char"};
  for (Field field; reader.next(field);) {
    if (field.number == 3) {
      const uint64_t type = reader.number(field);
      if (type != 1) {
        fail(ErrorCode::kBadData,
             "the model is of type {} ({}); clipstill reads unigram models, as of SigLIP (SigLIP 2 "
             "has the BPE model of Gemma)",
             type, kTypes[type < std::size(kTypes) ? type : 0]);
      }
    } else if (field.number == 35) {
      model.byte_fallback = reader.number(field) != 0;
    }
  }
}

void read_normalizer_spec(MessageReader reader, SentencePieceModel& model) {
  for (Field field; reader.next(field);) {
    if (field.number == 2) {
      model.charsmap = reader.bytes(field);
    } else if (field.number == 4) {
      model.remove_extra_whitespaces = reader.number(field) != 0;
    } else if (field.number == 5 && reader.number(field) == 0) {
      fail(ErrorCode::kBadData,
           "escape_whitespaces is false; clipstill reads only models that write a space as U+2581");
    }
  }
}

}  // namespace

SentencePieceModel parse_sentencepiece_model(std::string_view file) {
  SentencePieceModel model;
  MessageReader reader(file, file);
  for (Field field; reader.next(field);) {
    const auto part = [&] { return MessageReader(file, reader.bytes(field)); };
    if (field.number == 1) {
      model.pieces.push_back(read_piece(part(), model.pieces.size()));
    } else if (field.number == 2) {
      read_trainer_spec(part(), model);
    } else if (field.number == 3) {
      read_normalizer_spec(part(), model);
    }
  }
  const auto unknown = std::ranges::count(model.pieces, Kind::kUnknown, &SentencePiece::kind);
  if (unknown != 1) {
    fail(ErrorCode::kBadData,
         "{} of {} pieces are of type unknown; a SentencePiece model has one such", unknown,
         model.pieces.size());
  }
  return model;
}

}  // namespace clipstill::text
