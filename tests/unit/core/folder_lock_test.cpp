#include "core/folder_lock.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <optional>

#include "expect_error.h"
#include "scratch_folder.h"

namespace clipstill {
namespace {

TEST(FolderLock, IsHeldByOneAtATime) {
  const ScratchFolder scratch, other;
  std::optional<FolderLock> held(scratch.path());
  expect_error(ErrorCode::kResource, {scratch.path().string(), "another process"},
               [&] { FolderLock again(scratch.path()); });
  FolderLock elsewhere(other.path());
  held.reset();
  FolderLock next(scratch.path());
  EXPECT_TRUE(fs::is_empty(scratch.path()));
}

TEST(FolderLock, GoesWithAKilledProcess) {
  const ScratchFolder scratch;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const FolderLock lock(scratch.path());
    (void)!::write(ready[1], "x", 1);
    ::pause();
    ::_exit(0);
  }
  char byte;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  expect_error(ErrorCode::kResource, {scratch.path().string()},
               [&] { FolderLock lock(scratch.path()); });
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  FolderLock lock(scratch.path());
  ::close(ready[0]);
  ::close(ready[1]);
}

}  // namespace
}  // namespace clipstill
