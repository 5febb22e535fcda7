// Embeddings with the names of what they are of, in the formats that other tools read.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "core/options.h"

namespace clipstill::cli {

/// {"input": "a.png", "embedding": [0.1, ...]} and a newline; the numbers read back as they are.
std::string embedding_line(const std::string& input, std::span<const float> embedding);

/// kUsage if the extension is none of .npy, .safetensors and .jsonl, or the path is a folder;
/// kMissingFile or kResource if no file can be written there.
void check_embedding_path(const std::filesystem::path& path);

/// Writes `values`, [inputs, width], atomically to a path that check_embedding_path() lets pass:
/// .npy holds them alone, .safetensors as tensor "embeddings" with the inputs as a JSON list in its
/// metadata, .jsonl as embedding_line()s.
void write_embeddings(const std::filesystem::path& path, const StringList& inputs,
                      std::span<const float> values, size_t width);

}  // namespace clipstill::cli
