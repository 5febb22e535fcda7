// Text transformers: the token table in the student's vocabulary and width, then the layers.
#include "nn/inherit_parts.h"
#include "nn/low_rank.h"
#include "nn/tower_transformer.h"

namespace clipstill::nn {
namespace {

const std::string kTable = "text.embedding.table.weight", kFactor = "text.embedding.factor.weight";

// The teacher's rows of the student's tokens, [V, W]: of several pieces their mean, of none the
// mean of all tokens.
torch::Tensor rows_of(const Inheritance& both, const std::vector<std::vector<int32_t>>& pieces) {
  auto table = both.from(kTable);
  if (both.teacher.contains(kFactor)) table = table.matmul(both.from(kFactor).t());
  auto rows = torch::zeros({static_cast<int64_t>(pieces.size()), table.size(1)}, torch::kDouble);
  auto known = torch::zeros({rows.size(0), 1}, torch::kDouble);
  for (int64_t token = 0; token < rows.size(0); ++token) {
    const auto& of = pieces[static_cast<size_t>(token)];
    if (of.empty()) continue;
    const std::vector<int64_t> ids(of.begin(), of.end());
    rows[token] = table.index_select(0, torch::tensor(ids, torch::kLong)).mean(0);
    known[token] = 1;
  }
  const auto mean = rows.sum(0) / known.sum().clamp_min(1);
  return rows + (1 - known) * mean;
}

}  // namespace

void inherit_text_transformer(const Inheritance& both, const TextTowerOptions& teacher,
                              const TextTowerOptions& student,
                              const std::vector<std::vector<int32_t>>& pieces) {
  auto rows = rows_of(both, pieces);                                                // [V, W]
  auto position = both.from("text.position").narrow(0, 0, position_rows(student));  // [L, W]
  // What all tokens have in common needs no column of a narrow table.
  const auto mean = rows.mean(0, /*keepdim=*/true);
  rows = rows - mean;
  position = position + mean;
  const auto basis =
      inherit_transformer(both, "text.transformer.", "text_projection", text_transformer(teacher),
                          text_transformer(student), {rows, position});
  both.give("text.position", position.matmul(basis));
  if (student.embedding_width == 0) return both.give(kTable, rows.matmul(basis));
  const auto [table, factor] = low_rank(rows, basis, student.embedding_width);
  both.give(kTable, table);
  both.give(kFactor, factor.t());
}

}  // namespace clipstill::nn
