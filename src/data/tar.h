// The tar archives of WebDataset: regular files only, nothing is ever extracted to disk.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clipstill::data {

struct TarMember {
  std::string name;
  uint64_t offset = 0;  // of the content, in bytes from the start of the archive
  uint64_t size = 0;
};

/// Lists the regular members of an archive (ustar, GNU long names, pax paths and sizes); folders
/// are passed over. Header checksums are verified. kBadData naming archive and member: absolute
/// names, "..", truncated archives, lengths past the end, links, devices and sparse files (they
/// hold no content to read), data after the end mark.
std::vector<TarMember> list_tar(std::span<const uint8_t> archive, std::string_view name);

/// Builds one ustar archive with fixed times and owners, so equal content gives equal bytes.
class TarWriter {
 public:
  void add(std::string_view name, std::string_view content);
  const std::vector<TarMember>& members() const { return members_; }
  uint64_t size() const { return archive_.size(); }
  std::string finish();  // the archive's bytes with its end blocks

 private:
  std::string archive_;
  std::vector<TarMember> members_;
};

}  // namespace clipstill::data
