// `manifest.json`: size and hash of every file of a folder and of those below it, written last. A
// folder without a manifest that fits is not complete.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>

namespace clipstill::bundle {

class Manifest {
 public:
  /// Reads manifest.json of `folder`: kMissingFile without one, kBadData if it is not a manifest or
  /// lists a file outside the folder.
  explicit Manifest(std::filesystem::path folder);

  bool lists(const std::string& name) const { return files_.contains(name); }
  /// kBadData naming the file of the folder if the manifest does not list it, or if `content` has
  /// another size or hash. Once check_all() has passed, content is not hashed again.
  void check(const std::string& name, std::span<const uint8_t> content) const;
  /// check() of every file that is listed, from disk; kMissingFile naming the first that is gone.
  void check_all();

 private:
  struct Entry {
    uint64_t bytes = 0;
    std::string hash;
  };
  std::filesystem::path folder_;
  std::map<std::string, Entry> files_;
  bool all_checked_ = false;
};

/// Whether `name` is a plain relative path that stays in the folder it is relative to.
bool is_inside(const std::filesystem::path& name);

/// Hashes the files of `folder`, subfolders included, and writes manifest.json atomically.
void write_manifest(const std::filesystem::path& folder);

/// Manifest(folder).check_all(). Files that are not listed are not looked at.
void verify_manifest(const std::filesystem::path& folder);

}  // namespace clipstill::bundle
