// Packed data: WebDataset tar shards and `index.json` (offsets, sizes, content hashes) for
// memory-mapped random access. The shards alone stay readable by any WebDataset tool.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data/pairs.h"

namespace clipstill::data {

struct PackOptions {
  uint64_t shard_bytes = uint64_t{256} << 20;  // a shard is closed when it passes this
};

/// Writes records in the order they are added: `<key>.<ext>` with the image bytes as given and
/// `<key>.json` with {"id","texts":[{"text","lang","kind"}],"label","domain","split"}; the key is
/// the record's position in nine digits. Shards and index are written atomically; `info` is kept
/// in index.json under "info" (licences, coverage, the command).
class PackWriter {
 public:
  PackWriter(std::filesystem::path folder, PackOptions options = {});
  ~PackWriter();
  void add(const PairRecord& record, std::span<const uint8_t> image);
  /// Writes the last shard, then index.json; before this the folder does not open as packed data.
  void finish(const std::string& info_json = "{}");

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace clipstill::data
