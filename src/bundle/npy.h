// NumPy's .npy format, version 1.0, as numpy.load reads it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

namespace clipstill::bundle {

/// Writes a row-major matrix of floats, [rows, columns], atomically.
void write_npy(const std::filesystem::path& path, std::span<const float> values, int64_t rows,
               int64_t columns);

}  // namespace clipstill::bundle
