#include <limits>
#include <utility>

#include "clipstill/clipstill.hpp"
#include "core/error.h"
#include "text/tokenizer.h"

namespace clipstill {

struct Tokenizer::State {
  std::unique_ptr<text::Tokenizer> tokenizer;
};

Tokenizer::Tokenizer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Tokenizer Tokenizer::load(const std::filesystem::path& path) {
  return Tokenizer(std::make_unique<State>(State{text::load_tokenizer(path)}));
}

TokenIds Tokenizer::encode(std::span<const std::string_view> texts, int context) const {
  text::TokenBatch batch = state_->tokenizer->encode_batch(texts, context);
  return {batch.rows, batch.length, std::move(batch.ids), {batch.mask.begin(), batch.mask.end()}};
}

int64_t Tokenizer::vocabulary_size() const {
  return state_->tokenizer->vocabulary_size();
}

std::string_view Tokenizer::token(int64_t id) const {
  if (id < 0 || id > std::numeric_limits<int32_t>::max()) {
    fail(ErrorCode::kBadData, "token id {} is outside the vocabulary of {}", id, vocabulary_size());
  }
  return state_->tokenizer->token(static_cast<int32_t>(id));
}

}  // namespace clipstill
