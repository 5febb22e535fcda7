// Tests of what readers of tokenizer.json refuse.
#pragma once

#include <nlohmann/json.hpp>

#include <ostream>

#include "../core/expect_error.h"
#include "text/tokenizer_files.h"

namespace clipstill::text {

/// A good tokenizer.json with one value replaced, and the message that it must give.
struct Refusal {
  const char* pointer;
  nlohmann::json value;
  const char* message;
};

inline void PrintTo(const Refusal& refusal, std::ostream* out) {
  *out << refusal.pointer;
}

inline void expect_refusal(nlohmann::json root, const Refusal& refusal) {
  root[nlohmann::json::json_pointer(refusal.pointer)] = refusal.value;
  expect_error(ErrorCode::kBadData, {"t.json: ", refusal.message},
               [&] { tokenizer_from_json(root.dump(), "t.json"); });
}

}  // namespace clipstill::text
