#include "bundle/safetensors_header.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "core/error.h"
#include "core/shallow_json.h"

namespace clipstill::bundle {
namespace {

using nlohmann::json;

constexpr uint64_t kMaxHeaderBytes = uint64_t{16} << 20;

const std::pair<DType, const char*> kDTypes[] = {
    {DType::kBool, "BOOL"}, {DType::kU8, "U8"},   {DType::kI8, "I8"},     {DType::kI16, "I16"},
    {DType::kU16, "U16"},   {DType::kF16, "F16"}, {DType::kBF16, "BF16"}, {DType::kI32, "I32"},
    {DType::kU32, "U32"},   {DType::kF32, "F32"}, {DType::kF64, "F64"},   {DType::kI64, "I64"},
    {DType::kU64, "U64"}};

std::optional<DType> dtype_of(const std::string& name) {
  for (const auto& [dtype, known] : kDTypes) {
    if (name == known) return dtype;
  }
  return std::nullopt;
}

// nlohmann's parser keeps the last of two equal keys; a callback sees them all.
json parse_without_duplicates(std::string_view text, const std::string& name) {
  if (!is_shallow_json(text)) {
    fail(ErrorCode::kBadData, "{}: the safetensors header is nested deeper than {} levels", name,
         kMaxJsonDepth);
  }
  std::vector<std::set<std::string>> open_objects;
  const auto callback = [&](int, json::parse_event_t event, json& value) {
    if (event == json::parse_event_t::object_start) open_objects.emplace_back();
    if (event == json::parse_event_t::object_end) open_objects.pop_back();
    if (event == json::parse_event_t::key &&
        !open_objects.back().insert(value.get<std::string>()).second) {
      fail(ErrorCode::kBadData, "{}: the safetensors header has the key \"{}\" twice", name,
           value.get<std::string>());
    }
    return true;
  };
  try {
    return json::parse(text, callback);
  } catch (const json::exception& error) {
    fail(ErrorCode::kBadData, "{}: the safetensors header is not valid JSON: {}", name,
         error.what());
  }
}

[[noreturn]] void fail_tensor(const std::string& name, const std::string& tensor,
                              const std::string& problem) {
  fail(ErrorCode::kBadData, "{}: tensor \"{}\": {}", name, tensor, problem);
}

uint64_t unsigned_number(const json& value, const std::string& name, const std::string& tensor,
                         const char* what) {
  if (!value.is_number_unsigned()) {
    fail_tensor(name, tensor,
                fmt::format("{} must be non-negative integers, found {}", what, value.dump()));
  }
  return value.get<uint64_t>();
}

struct Entry {
  std::string name;
  DType dtype;
  std::vector<int64_t> shape;
  uint64_t begin, end;
};

Entry parse_entry(const std::string& file, const std::string& tensor, const json& value) {
  if (!value.is_object() || value.size() != 3 || !value.contains("dtype") ||
      !value.contains("shape") || !value.contains("data_offsets")) {
    fail_tensor(file, tensor, "expected exactly the keys dtype, shape and data_offsets");
  }
  const auto& dtype_name_json = value["dtype"];
  const auto dtype =
      dtype_name_json.is_string() ? dtype_of(dtype_name_json.get<std::string>()) : std::nullopt;
  if (!dtype) fail_tensor(file, tensor, fmt::format("unknown dtype {}", dtype_name_json.dump()));
  Entry entry{tensor, *dtype, {}, 0, 0};
  const auto& shape = value["shape"];
  const auto& offsets = value["data_offsets"];
  if (!shape.is_array() || !offsets.is_array() || offsets.size() != 2) {
    fail_tensor(file, tensor, "shape must be a list and data_offsets a list of two numbers");
  }
  uint64_t bytes = dtype_size(*dtype);
  for (const auto& extent : shape) {
    const uint64_t n = unsigned_number(extent, file, tensor, "extents");
    if (__builtin_mul_overflow(bytes, n, &bytes) || n > INT64_MAX || bytes > INT64_MAX) {
      fail_tensor(file, tensor, fmt::format("shape {} overflows", shape.dump()));
    }
    entry.shape.push_back(static_cast<int64_t>(n));
  }
  entry.begin = unsigned_number(offsets[0], file, tensor, "data_offsets");
  entry.end = unsigned_number(offsets[1], file, tensor, "data_offsets");
  if (entry.end < entry.begin || entry.end - entry.begin != bytes) {
    fail_tensor(
        file, tensor,
        fmt::format("dtype and shape need {} bytes, data_offsets are {}", bytes, offsets.dump()));
  }
  return entry;
}

}  // namespace

SafetensorsHeader parse_safetensors(std::span<const uint8_t> file, const std::string& name) {
  static_assert(std::endian::native == std::endian::little);
  uint64_t length = 0;
  if (file.size() < sizeof length) {
    fail(ErrorCode::kBadData, "{}: {} bytes, too short for a safetensors file", name, file.size());
  }
  std::memcpy(&length, file.data(), sizeof length);
  if (length > kMaxHeaderBytes || length > file.size() - sizeof length) {
    fail(ErrorCode::kBadData,
         "{}: the safetensors header claims {} bytes; the file has {} and the limit is {} (is it "
         "a safetensors file, and whole?)",
         name, length, file.size() - sizeof length, kMaxHeaderBytes);
  }
  const std::string_view text(reinterpret_cast<const char*>(file.data()) + sizeof length, length);
  if (text.empty() || text.front() != '{') {
    fail(ErrorCode::kBadData, "{}: the safetensors header does not start with '{{'", name);
  }
  const json root = parse_without_duplicates(text, name);

  SafetensorsHeader header;
  std::vector<Entry> entries;
  for (const auto& [key, value] : root.items()) {
    if (key != "__metadata__") {
      entries.push_back(parse_entry(name, key, value));
      continue;
    }
    if (!value.is_object()) {
      fail(ErrorCode::kBadData, "{}: __metadata__ must map strings to strings", name);
    }
    for (const auto& [meta_key, meta_value] : value.items()) {
      if (!meta_value.is_string()) {
        fail(ErrorCode::kBadData, "{}: __metadata__ must map strings to strings", name);
      }
      header.metadata[meta_key] = meta_value.get<std::string>();
    }
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  const auto data = file.subspan(sizeof length + length);
  uint64_t expected = 0;
  for (auto& entry : entries) {
    if (entry.begin != expected) {
      fail_tensor(name, entry.name,
                  fmt::format("starts at byte {} of the data, expected {} ({})", entry.begin,
                              expected, entry.begin < expected ? "overlap" : "hole"));
    }
    if (entry.end > data.size()) {
      fail_tensor(name, entry.name,
                  fmt::format("ends at byte {}, the file has {} bytes of data (cut short?)",
                              entry.end, data.size()));
    }
    expected = entry.end;
    header.tensors[entry.name] = {entry.dtype, std::move(entry.shape),
                                  data.subspan(entry.begin, entry.end - entry.begin)};
  }
  if (expected != data.size()) {
    fail(ErrorCode::kBadData, "{}: {} bytes after the last tensor", name, data.size() - expected);
  }
  return header;
}

size_t dtype_size(DType dtype) {
  switch (dtype) {
    case DType::kBool:
    case DType::kU8:
    case DType::kI8:
      return 1;
    case DType::kI16:
    case DType::kU16:
    case DType::kF16:
    case DType::kBF16:
      return 2;
    case DType::kI32:
    case DType::kU32:
    case DType::kF32:
      return 4;
    case DType::kF64:
    case DType::kI64:
    case DType::kU64:
      return 8;
  }
  fail(ErrorCode::kInternal, "unknown dtype {}", static_cast<int>(dtype));
}

std::string_view dtype_name(DType dtype) {
  for (const auto& [known, name] : kDTypes) {
    if (known == dtype) return name;
  }
  fail(ErrorCode::kInternal, "unknown dtype {}", static_cast<int>(dtype));
}

}  // namespace clipstill::bundle
