// A folder that is written whole or not at all.
#pragma once

#include "core/files.h"

namespace clipstill {

/// A reader of `target` sees the folder that was there before or the new one, never a part: the new
/// one is built beside it and takes its place in commit() (in two steps on file systems that cannot
/// exchange folders). Without commit() the destructor removes what was built. Errors are kResource.
class AtomicFolder {
 public:
  explicit AtomicFolder(const fs::path& target);
  ~AtomicFolder();
  AtomicFolder(const AtomicFolder&) = delete;
  AtomicFolder& operator=(const AtomicFolder&) = delete;

  /// Where to write. Files are to be fsynced by their writer, as AtomicFile does.
  const fs::path& path() const { return path_; }
  void commit();

 private:
  fs::path target_;
  fs::path path_;
};

}  // namespace clipstill
