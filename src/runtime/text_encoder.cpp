#include "runtime/text_encoder.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "core/error.h"
#include "runtime/selftest.h"
#include "text/tokenizer_files.h"

namespace clipstill::runtime {
namespace {

std::unique_ptr<text::Tokenizer> load_tokenizer(const BundleFolder& folder) {
  const auto& files = folder.config().tokenizer;
  for (const auto& name : files) folder.open(name);  // is what the manifest says
  const auto path = folder.path() / files.front();
  text::refuse_second_tokenizer(folder.path(), files.front());
  auto tokenizer = text::load_tokenizer(path);
  if (const auto expected = folder.config().vocabulary_size;
      tokenizer->vocabulary_size() != expected) {
    fail(ErrorCode::kBadData,
         "{}: has {} tokens, the model was trained with {}; another model's tokenizer gives wrong "
         "ids",
         path.string(), tokenizer->vocabulary_size(), expected);
  }
  return tokenizer;
}

Session load_text_session(const BundleFolder& folder, const RuntimeOptions& options) {
  check_options(options);
  const auto file = folder.open_encoder(folder.config().text_encoder, options.precision);
  return {file.bytes(), file.path().string(),
          Signature{.inputs = {"input_ids", "attention_mask"},
                    .integer_inputs = true,
                    .output = "text_embeds",
                    .output_width = folder.config().embed_dim},
          options};
}

}  // namespace

TextEncoder::TextEncoder(const BundleFolder& folder, const RuntimeOptions& options)
    : config_(folder.config()),
      batch_(options.batch),
      tokenizer_(load_tokenizer(folder)),
      session_(load_text_session(folder, options)) {
  selftest_texts(folder, *this, options.precision, /*samples=*/1);
}

void TextEncoder::embed(std::span<const std::string_view> texts, std::span<float> out) const {
  const auto row = static_cast<size_t>(width());
  if (out.size() != texts.size() * row) {
    fail(ErrorCode::kUsage, "room for {} floats was given; {} texts need {} x {}", out.size(),
         texts.size(), texts.size(), row);
  }
  std::vector<std::vector<text::Token>> tokens(texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    tokenizer_->encode(texts[i], static_cast<int>(config_.context_length), tokens[i]);
  }
  // Texts of one length run together, so that little of the work is padding.
  std::vector<size_t> order(texts.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, {}, [&](size_t i) { return tokens[i].size(); });

  std::vector<int64_t> ids, mask;
  std::vector<float> embeds;
  for (size_t first = 0; first < order.size(); first += static_cast<size_t>(batch_)) {
    const size_t rows = std::min(order.size() - first, static_cast<size_t>(batch_));
    const size_t length = tokens[order[first + rows - 1]].size();
    ids.assign(rows * length, tokenizer_->padding_id());
    mask.assign(rows * length, 0);
    embeds.resize(rows * row);
    for (size_t i = 0; i < rows; ++i) {
      const auto& line = tokens[order[first + i]];
      for (size_t j = 0; j < line.size(); ++j) {
        ids[i * length + j] = line[j].id;
        mask[i * length + j] = 1;
      }
    }
    run(ids, mask, static_cast<int64_t>(rows), static_cast<int64_t>(length), embeds);
    for (size_t i = 0; i < rows; ++i) {
      std::copy_n(&embeds[i * row], row, &out[order[first + i] * row]);
    }
  }
}

void TextEncoder::run(std::span<const int64_t> ids, std::span<const int64_t> mask, int64_t rows,
                      int64_t length, std::span<float> out) const {
  const std::array<Input, 2> inputs{
      {{"input_ids", ids, {rows, length}}, {"attention_mask", mask, {rows, length}}}};
  session_.run(inputs, {"text_embeds", out, {rows, width()}});
}

}  // namespace clipstill::runtime
