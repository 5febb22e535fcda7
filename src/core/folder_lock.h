// One process at a time in a folder.
#pragma once

#include "core/files.h"

namespace clipstill {

/// Holds an existing folder until it goes, or its process ends in whatever way; nothing is left
/// behind. kResource where another holds it already. File systems without such locks (some that
/// are mounted over a network) hold nothing and refuse nothing.
class FolderLock {
 public:
  explicit FolderLock(const fs::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

}  // namespace clipstill
