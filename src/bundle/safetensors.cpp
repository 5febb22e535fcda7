#include "bundle/safetensors.h"

#include <cstring>
#include <nlohmann/json.hpp>

#include "bundle/safetensors_header.h"
#include "core/error.h"
#include "core/half.h"
#include "core/hash.h"

namespace clipstill::bundle {

int64_t TensorView::element_count() const {
  int64_t count = 1;
  for (const int64_t extent : shape) count *= extent;
  return count;
}

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path) : file_(path) {
  auto header = parse_safetensors(file_.bytes(), path.string());
  tensors_ = std::move(header.tensors);
  metadata_ = std::move(header.metadata);
}

const TensorView& SafetensorsFile::tensor(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) {
    fail(ErrorCode::kBadData, "{}: no tensor \"{}\" among its {}", file_.path().string(), name,
         tensors_.size());
  }
  return found->second;
}

std::vector<float> SafetensorsFile::floats(const std::string& name) const {
  const auto& view = tensor(name);
  std::vector<float> values(static_cast<size_t>(view.element_count()));
  const uint8_t* source = view.bytes.data();
  const auto load = [&]<class T>(T, size_t i) {  // the data may be unaligned
    T value;
    std::memcpy(&value, source + i * sizeof(T), sizeof(T));
    return value;
  };
  for (size_t i = 0; i < values.size(); ++i) {
    switch (view.dtype) {
      case DType::kF32:
        values[i] = load(float{}, i);
        break;
      case DType::kF64:
        values[i] = static_cast<float>(load(double{}, i));
        break;
      case DType::kF16:
        values[i] = half_to_float(load(uint16_t{}, i));
        break;
      case DType::kBF16:
        values[i] = bfloat16_to_float(load(uint16_t{}, i));
        break;
      default:
        fail(ErrorCode::kBadData, "{}: tensor \"{}\" is {}, expected floating point",
             file_.path().string(), name, dtype_name(view.dtype));
    }
  }
  return values;
}

void write_safetensors(const std::filesystem::path& path,
                       const std::map<std::string, TensorView>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  uint64_t offset = 0;
  for (const auto& [name, view] : tensors) {
    if (view.bytes.size() != static_cast<size_t>(view.element_count()) * dtype_size(view.dtype)) {
      fail(ErrorCode::kInternal, "tensor \"{}\": {} bytes do not fit its shape", name,
           view.bytes.size());
    }
    header[name] = {{"dtype", dtype_name(view.dtype)},
                    {"shape", view.shape},
                    {"data_offsets", {offset, offset + view.bytes.size()}}};
    offset += view.bytes.size();
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const uint64_t length = text.size();
  AtomicFile file(path);
  file.write(std::string_view(reinterpret_cast<const char*>(&length), sizeof length));
  file.write(text);
  for (const auto& [name, view] : tensors) file.write(view.bytes);
  file.commit();
}

std::string fingerprint(const std::map<std::string, TensorView>& tensors) {
  Hasher hasher;
  for (const auto& [name, view] : tensors) {
    hasher.update(name).update(dtype_name(view.dtype)).update(uint64_t{view.shape.size()});
    for (const int64_t extent : view.shape) hasher.update(static_cast<uint64_t>(extent));
    hasher.update(view.bytes);
  }
  return hasher.hex();
}

}  // namespace clipstill::bundle
