#include "edge/embedding_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "bundle/npy.h"
#include "bundle/safetensors.h"
#include "core/bytes.h"
#include "core/error.h"
#include "core/files.h"

namespace clipstill::cli {
namespace {

// File names may hold bytes that are not UTF-8; they become U+FFFD, and the JSON stays valid.
std::string to_json(const nlohmann::json& value) {
  return value.dump(-1, ' ', /*ensure_ascii=*/false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string embedding_line(const std::string& input, std::span<const float> embedding) {
  return fmt::format("{{\"input\": {}, \"embedding\": [{}]}}\n", to_json(input),
                     fmt::join(embedding, ", "));
}

void check_embedding_path(const std::filesystem::path& path) {
  const auto extension = path.extension();
  if (extension != ".npy" && extension != ".safetensors" && extension != ".jsonl") {
    fail(ErrorCode::kUsage, "{}: expected a name that ends in .npy, .safetensors or .jsonl",
         path.string());
  }
  std::error_code ignored;
  if (fs::is_fifo(path, ignored)) return;  // who reads it would take the trial for the end
  const AtomicFile trial(path);            // removed again, for it is not committed
}

void write_embeddings(const std::filesystem::path& path, const StringList& inputs,
                      std::span<const float> values, size_t width) {
  const auto rows = static_cast<int64_t>(inputs.size()), columns = static_cast<int64_t>(width);
  if (path.extension() == ".npy") {
    bundle::write_npy(path, values, rows, columns);
  } else if (path.extension() == ".safetensors") {
    const auto bytes = bytes_of(values);
    bundle::write_safetensors(path, {{"embeddings", {bundle::DType::kF32, {rows, columns}, bytes}}},
                              {{"inputs", to_json(inputs)}});
  } else {
    AtomicFile file(path);
    for (size_t i = 0; i < inputs.size(); ++i) {
      file.write(embedding_line(inputs[i], values.subspan(i * width, width)));
    }
    file.commit();
  }
}

}  // namespace clipstill::cli
