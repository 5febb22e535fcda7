// The tar reader, and WebDataset over it: members lie in the archive.
#include "data/tar.h"

#include <fstream>

#include "../tests/unit/core/scratch_folder.h"
#include "data/pairs.h"
#include "target.h"

using namespace clipstill;
using namespace clipstill::data;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const ScratchFolder scratch;
  const std::span archive(data, size);
  const bool listed = fuzz::taken([&] {
    for (const auto& member : list_tar(archive, "fuzz")) {
      fuzz::require(member.offset <= size && member.size <= size - member.offset);
      fuzz::require(!member.name.empty() && member.name.front() != '/');
    }
  });
  if (!listed) return 0;
  const auto path = scratch / "x.tar";
  std::ofstream(path, std::ios::binary) << fuzz::as_text(archive);
  fuzz::taken([&] {
    const auto pairs = open_pairs(path, {.max_bad_share = 1});
    for (size_t i = 0; i < pairs->records().size(); ++i) pairs->read_image(i);
    pairs->fingerprint();
  });
  return 0;
}
