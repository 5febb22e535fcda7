// Pairs: CSV, TSV, JSON lines, caption files (COCO, Karpathy, Flickr30k), imagefolder metadata,
// Chinese-CLIP tables and the index of packed data.
#include "data/pairs.h"

#include <fstream>
#include <set>

#include "../tests/unit/core/scratch_folder.h"
#include "parts.h"
#include "target.h"

using namespace clipstill;
using namespace clipstill::data;

namespace {

// Rows name this file and this shard; the table of a folder of its own.
struct Folder {
  ScratchFolder scratch;
  Folder() {
    std::ofstream(scratch / "a.png") << "not empty";
    std::ofstream(scratch / "shard-000000.tar") << "not empty";
  }
};

void read(const std::filesystem::path& path) {
  fuzz::taken([&] {
    const auto pairs = open_pairs(path, {.max_bad_share = 1});
    std::set<std::string> ids;
    for (size_t i = 0; i < pairs->records().size(); ++i) {
      const auto& record = pairs->records()[i];
      fuzz::require(!record.id.empty() && ids.insert(record.id).second);
      fuzz::require(!record.texts.empty() && !record.label.empty());
      fuzz::taken([&] { pairs->read_image(i); });
    }
    pairs->fingerprint();
  });
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Folder folder;
  const auto& path = folder.scratch.path();
  fuzz::write_parts(
      fuzz::as_text({data, size}), path,
      {"pairs.csv", "pairs.tsv", "pairs.jsonl", "pairs.json", "pairs.token", "metadata.csv",
       "metadata.jsonl", "index.json", "train_imgs.tsv", "train_texts.jsonl"});
  for (const char* name : {"pairs.csv", "pairs.tsv", "pairs.jsonl", "pairs.json", "pairs.token"}) {
    if (std::filesystem::exists(path / name)) read(path / name);
  }
  for (const char* name : {"metadata.csv", "metadata.jsonl", "index.json", "train_imgs.tsv"}) {
    if (!std::filesystem::exists(path / name)) continue;
    read(path);
    break;
  }
  return 0;
}
