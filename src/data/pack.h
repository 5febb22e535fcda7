// Packed data: WebDataset tar shards and `index.json` (offsets, sizes, content hashes) for
// memory-mapped random access. The shards alone stay readable by any WebDataset tool.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "data/pairs.h"

namespace clipstill::data {

struct PackOptions {
  uint64_t shard_bytes = uint64_t{256} << 20;  // a shard is closed when it passes this
};

/// Writes records in the order they are added: `<key>.<ext>` with the image bytes as given and
/// `<key>.json` with {"id","texts":[{"text","lang","kind"}],"label","domain","category","split"};
/// the key is the record's position in nine digits. `index.json` holds
///   {"format": "clipstill-pack", "version": 1,
///    "records": [{…as in <key>.json…, "image", "shard", "offset", "bytes", "xxh3"}, …],
///    "shards": [{"name", "bytes", "xxh3"}, …],
///    "info": what finish() was given (licences, coverage, the command)}.
///
/// All of it is written to `.partial` in the folder and moved into place by finish(), the index
/// last, so that a killed writer leaves the folder with its earlier content or with the new one.
/// Shards are named shard-00000.tar and so on, or shard-b-00000.tar where other content that they
/// replace has those names. Memory: one shard.
class PackWriter {
 public:
  /// kUsage if the folder holds an index.json or shards that are not those of packed data;
  /// kResource while another process writes there.
  explicit PackWriter(std::filesystem::path folder, PackOptions options = {});
  ~PackWriter();
  void add(const PairRecord& record, std::span<const uint8_t> image);
  /// Replaces what was packed in the folder before.
  void finish(const std::string& info_json = "{}");

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Whether a writer was killed while it moved the first data into this folder: the shards there are
/// a part of them.
bool is_unfinished_pack(const std::filesystem::path& folder);

}  // namespace clipstill::data
