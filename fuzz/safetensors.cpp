// The safetensors reader: what it takes lies in the file, and is written so that it reads the same.
#include "bundle/safetensors.h"

#include "../tests/unit/core/scratch_folder.h"
#include "bundle/safetensors_header.h"
#include "target.h"

using namespace clipstill;
using namespace clipstill::bundle;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const ScratchFolder scratch;
  fuzz::taken([&] {
    const std::span file(data, size);
    const auto header = parse_safetensors(file, "fuzz");
    for (const auto& [name, view] : header.tensors) {
      const auto elements = static_cast<size_t>(view.element_count());
      fuzz::require(view.bytes.size() == elements * dtype_size(view.dtype));
      fuzz::require(view.bytes.empty() || (view.bytes.data() >= file.data() &&
                                           view.bytes.data() + view.bytes.size() <= data + size));
    }
    const auto path = scratch / "x.safetensors";
    write_safetensors(path, header.tensors, header.metadata);
    const SafetensorsFile again(path);
    fuzz::require(fingerprint(again.tensors()) == fingerprint(header.tensors));
    fuzz::require(again.metadata() == header.metadata);
    for (const auto& [name, view] : again.tensors()) {
      fuzz::taken([&, key = name] { again.floats(key); });
    }
  });
  return 0;
}
