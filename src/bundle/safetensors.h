// The safetensors format (little-endian u64 header length, JSON header, raw tensors), read
// through a memory map and validated at least as strictly as the reference: header at most
// 16 MiB and starting with '{', no duplicate keys, offsets contiguous without holes or overlap,
// overflow-checked shapes, size = dtype x shape, last offset = end of file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/files.h"

namespace clipstill::bundle {

enum class DType { kBool, kU8, kI8, kI16, kU16, kF16, kBF16, kI32, kU32, kF32, kF64, kI64, kU64 };
size_t dtype_size(DType dtype);
std::string_view dtype_name(DType dtype);  // "F32"

struct TensorView {
  DType dtype = DType::kF32;
  std::vector<int64_t> shape;
  std::span<const uint8_t> bytes;  // valid while the file object lives
  int64_t element_count() const;
};

class SafetensorsFile {
 public:
  explicit SafetensorsFile(const std::filesystem::path& path);

  const std::map<std::string, TensorView>& tensors() const { return tensors_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  /// kBadData naming file and tensor if it is not there.
  const TensorView& tensor(const std::string& name) const;
  /// The tensor converted to float (F16, BF16, F32, F64).
  std::vector<float> floats(const std::string& name) const;

 private:
  MappedFile file_;
  std::map<std::string, TensorView> tensors_;
  std::map<std::string, std::string> metadata_;
};

/// Writes atomically (core/files.h), tensors sorted by name, header padded to 8 bytes with spaces.
void write_safetensors(const std::filesystem::path& path,
                       const std::map<std::string, TensorView>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

/// Hash over names, dtypes, shapes and bytes in name order: the fingerprint of a set of weights.
std::string fingerprint(const std::map<std::string, TensorView>& tensors);

}  // namespace clipstill::bundle
