// The log of a run: `log.jsonl` (one JSON object a line) and TensorBoard events, both append-only
// and cut back on resume to what the checkpoint knew.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "core/files.h"

namespace clipstill::train {

/// Bytes of the two files at a checkpoint.
struct EventSizes {
  uint64_t jsonl = 0, tfevents = 0;
};

class EventLog {
 public:
  /// Opens or creates the files in `folder`, keeping the first `keep` bytes of each.
  explicit EventLog(const std::filesystem::path& folder, EventSizes keep = {});

  /// Named scalars of one step; `seconds` is training time.
  void scalars(int64_t step, double seconds, const std::map<std::string, double>& values);
  /// A warning that is part of the run's history; in log.jsonl alone.
  void warning(int64_t step, double seconds, const std::string& sign, const std::string& message);
  EventSizes sizes() const { return {jsonl_.size(), tfevents_.size()}; }

 private:
  AppendFile jsonl_, tfevents_;
};

/// CRC-32C as TensorBoard masks it: rotated right by 15 bits, plus 0xa282ead8.
uint32_t masked_crc32c(std::string_view bytes);

}  // namespace clipstill::train
