// The bundle loader: files of a good bundle, some of them replaced by the input's parts. Its graphs
// stay the good ones, because ONNX Runtime is not what is tried here; what looks through a graph
// before ONNX Runtime sees it gets the part "graph".
#include <cstdlib>
#include <fstream>

#include "../tests/unit/core/scratch_folder.h"
#include "bundle/manifest.h"
#include "bundle/onnx_check.h"
#include "core/files.h"
#include "parts.h"
#include "runtime/selftest.h"
#include "target.h"

using namespace clipstill;

namespace {

constexpr const char* kReplaced[] = {"config.json", "tokenizer.json", "preprocessor_config.json",
                                     "selftest.safetensors"};

struct Folder {
  ScratchFolder scratch;
  fs::path parts = scratch / "parts", bundle = scratch / "bundle";
  Folder() {
    fs::copy(CLIPSTILL_TEST_DATA "/bundle/v1", bundle, fs::copy_options::recursive);
    fs::create_directory(parts);
  }
};

void copy_over(const fs::path& from, const fs::path& to) {
  fs::copy_file(from, to, fs::copy_options::overwrite_existing);
}

}  // namespace

// ONNX Runtime keeps 152 bytes for the life of the process; what we leak is still reported.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libonnxruntime.so";
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Folder folder;
  static const fs::path good = CLIPSTILL_TEST_DATA "/bundle/v1";
  fuzz::write_parts(fuzz::as_text({data, size}), folder.parts,
                    {"config.json", "tokenizer.json", "preprocessor_config.json",
                     "selftest.safetensors", "manifest.json", "graph"});
  for (const char* name : kReplaced) {
    const bool given = fs::exists(folder.parts / name);
    copy_over(given ? folder.parts / name : good / name, folder.bundle / name);
  }
  // Without a manifest of its own every change would end at the hashes.
  if (const auto manifest = folder.parts / "manifest.json"; fs::exists(manifest)) {
    copy_over(manifest, folder.bundle / "manifest.json");
  } else {
    bundle::write_manifest(folder.bundle);
  }
  fuzz::taken([&] { runtime::verify_bundle(folder.bundle, {.threads = 1}); });
  if (const auto graph = folder.parts / "graph"; fs::exists(graph)) {
    fuzz::taken([&] { bundle::check_onnx(MappedFile(graph).bytes(), "graph"); });
  }
  return 0;
}
