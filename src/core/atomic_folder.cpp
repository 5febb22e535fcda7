#include "core/atomic_folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/error.h"

namespace clipstill {
namespace {

// "a/b/" names the folder a/b.
fs::path without_slash(const fs::path& path) {
  const auto normal = path.lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

}  // namespace

AtomicFolder::AtomicFolder(const fs::path& target)
    : target_(without_slash(target)), path_(target_) {
  path_ += fmt::format(".partial-{}", ::getpid());
  std::error_code ignored;
  fs::remove_all(path_, ignored);  // of a killed process that had our number
  make_folders(path_);
}

AtomicFolder::~AtomicFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void AtomicFolder::commit() {
  sync_folder(path_);
  // Where the target exists the two change places, and the destructor removes the old one.
  const bool exists = fs::exists(target_);
  int result =
      exists ? ::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target_.c_str(), RENAME_EXCHANGE)
             : ::rename(path_.c_str(), target_.c_str());
  if (result != 0 && exists && errno == EINVAL) {  // a file system that cannot exchange
    fs::remove_all(target_);
    result = ::rename(path_.c_str(), target_.c_str());
  }
  if (result != 0) {
    fail(ErrorCode::kResource, "{}: cannot put the new folder in its place: {}", target_.string(),
         std::strerror(errno));
  }
  sync_folder(target_.parent_path());
}

}  // namespace clipstill
