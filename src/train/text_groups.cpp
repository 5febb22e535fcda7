#include "train/text_groups.h"

#include <algorithm>

namespace clipstill::train {
namespace {

int64_t padded(int64_t length) {
  return (length + kLengthStep - 1) / kLengthStep * kLengthStep;
}

}  // namespace

int64_t length_cut(const std::vector<int64_t>& lengths) {
  const auto count = static_cast<int64_t>(lengths.size());
  if (count < kBatchParts) return 0;
  const int64_t longest = padded(lengths.back());
  int64_t cut = 0, least = count * longest * 3 / 4;
  for (int64_t part = 1; part < kBatchParts; ++part) {
    const int64_t first = count * part / kBatchParts;
    const int64_t tokens = first * padded(lengths[first - 1]) + (count - first) * longest;
    if (tokens < least) {
      least = tokens;
      cut = first;
    }
  }
  return cut;
}

torch::Tensor encode_text_by_length(nn::ClipModel& model, const torch::Tensor& ids,
                                    const torch::Tensor& mask) {
  const auto [sorted, order] = mask.sum(1).sort(/*stable=*/true, /*dim=*/0, /*descending=*/false);
  const std::vector<int64_t> lengths(sorted.data_ptr<int64_t>(),
                                     sorted.data_ptr<int64_t>() + sorted.numel());
  const auto count = static_cast<int64_t>(lengths.size());
  const int64_t longest = std::min(padded(ids.size(1)), model->options().text.context);
  const auto wide = [&](const torch::Tensor& rows) {  // [B, longest]
    return torch::constant_pad_nd(rows, {0, longest - ids.size(1)});
  };
  const auto wide_ids = wide(ids), wide_mask = wide(mask);
  const int64_t cut = length_cut(lengths);
  if (cut == 0) return model->encode_text(wide_ids, wide_mask);
  const auto part = [&](int64_t first, int64_t rows, int64_t length) {
    const auto chosen = order.narrow(0, first, rows);
    return model->encode_text(wide_ids.index_select(0, chosen).narrow(1, 0, length),
                              wide_mask.index_select(0, chosen).narrow(1, 0, length));
  };
  const int64_t short_length = std::min(padded(lengths[cut - 1]), longest);
  return torch::cat({part(0, cut, short_length), part(cut, count - cut, longest)})
      .index_select(0, order.argsort());
}

}  // namespace clipstill::train
