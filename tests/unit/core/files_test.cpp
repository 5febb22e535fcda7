#include "core/files.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <thread>

#include "expect_error.h"
#include "scratch_folder.h"

namespace clipstill {
namespace {

class Files : public testing::Test {
 protected:
  // Names of everything in the folder, to see that nothing is left behind.
  std::vector<std::string> listing() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }
  static std::string content(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  ScratchFolder folder_;
};

// Files may not grow beyond `bytes` while this lives: writes then fail as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    old_handler_ = std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit old_{};
  void (*old_handler_)(int);
};

TEST_F(Files, ReadsWhatWasWritten) {
  const std::string bytes("a\0b\n\xff", 5);
  write_file(folder_ / "x", bytes);
  EXPECT_EQ(read_file(folder_ / "x"), bytes);
  EXPECT_EQ(content(folder_ / "x"), bytes);
  EXPECT_THAT(listing(), testing::ElementsAre("x"));
}

TEST_F(Files, ReadsAnEmptyFile) {
  write_file(folder_ / "x", "");
  EXPECT_EQ(read_file(folder_ / "x"), "");
  EXPECT_TRUE(MappedFile(folder_ / "x").bytes().empty());
}

TEST_F(Files, NamesAMissingFile) {
  const auto path = folder_ / "none";
  expect_error(ErrorCode::kMissingFile, {path.string()}, [&] { read_file(path); });
  expect_error(ErrorCode::kMissingFile, {path.string()}, [&] { MappedFile map(path); });
  expect_error(ErrorCode::kMissingFile, {"none/x"}, [&] { write_file(path / "x", "y"); });
}

TEST_F(Files, RefusesWhatIsNoRegularFileOrTooLarge) {
  expect_error(ErrorCode::kBadData, {folder_.path().string(), "regular file"},
               [&] { read_file(folder_.path()); });
  write_file(folder_ / "x", "12345");
  EXPECT_EQ(read_file(folder_ / "x", /*max_bytes=*/5), "12345");
  expect_error(ErrorCode::kBadData, {(folder_ / "x").string(), "5 bytes", "4"},
               [&] { read_file(folder_ / "x", /*max_bytes=*/4); });
}

TEST_F(Files, MapsTheWholeFileAndMoves) {
  write_file(folder_ / "x", "hello");
  MappedFile first(folder_ / "x");
  MappedFile second(std::move(first));
  MappedFile third(folder_ / "x");
  third = std::move(second);
  const auto bytes = third.bytes();
  EXPECT_EQ(std::string(bytes.begin(), bytes.end()), "hello");
  EXPECT_EQ(third.path(), folder_ / "x");
}

TEST_F(Files, AnUncommittedFileLeavesTheOldContent) {
  write_file(folder_ / "x", "old");
  {
    AtomicFile file(folder_ / "x");
    file.write("new content");
    EXPECT_EQ(file.size(), 11u);
    EXPECT_EQ(content(folder_ / "x"), "old");
  }
  EXPECT_EQ(content(folder_ / "x"), "old");
  EXPECT_THAT(listing(), testing::ElementsAre("x"));
}

TEST_F(Files, AFullDiskLeavesTheOldContentAndNothingElse) {
  write_file(folder_ / "x", "old");
  {
    const FileSizeLimit limit(1 << 16);
    expect_error(ErrorCode::kResource, {(folder_ / "x").string(), "write"},
                 [&] { write_file(folder_ / "x", std::string(1 << 20, 'y')); });
  }
  EXPECT_EQ(content(folder_ / "x"), "old");
  EXPECT_THAT(listing(), testing::ElementsAre("x"));
}

TEST_F(Files, AnAtomicFileCannotReplaceAFolder) {
  make_folders(folder_ / "x");
  expect_error(ErrorCode::kUsage, {(folder_ / "x").string(), "found a folder"},
               [&] { write_file(folder_ / "x", "y"); });
  EXPECT_THAT(listing(), testing::ElementsAre("x"));
}

TEST_F(Files, WritesThroughALink) {
  make_folders(folder_ / "disk");
  write_file(folder_ / "disk" / "x", "old");
  fs::create_symlink("disk/x", folder_ / "link");
  write_file(folder_ / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(content(folder_ / "disk" / "x"), "new");
  fs::create_symlink(folder_ / "disk" / "not-yet", folder_ / "disk" / "hop");
  fs::create_symlink("disk/hop", folder_ / "first");
  write_file(folder_ / "first", "made");
  EXPECT_EQ(content(folder_ / "disk" / "not-yet"), "made");
  fs::create_symlink("missing/x", folder_ / "lost");
  expect_error(ErrorCode::kMissingFile, {"missing/x"}, [&] { write_file(folder_ / "lost", "y"); });
}

TEST_F(Files, WritesIntoAPipeInsteadOfReplacingIt) {
  const auto path = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  std::string read;
  std::thread reader([&] { read = content(path); });
  write_file(path, "bytes");
  reader.join();
  EXPECT_EQ(read, "bytes");
  int ends[2];  // one without a name, as /dev/stdout may be
  ASSERT_EQ(::pipe(ends), 0);
  write_file(fmt::format("/proc/self/fd/{}", ends[1]), "more");
  std::array<char, 4> more{};
  EXPECT_EQ(::read(ends[0], more.data(), more.size()), 4);
  EXPECT_EQ(std::string(more.data(), 4), "more");
  for (const int end : ends) ::close(end);
  EXPECT_TRUE(fs::is_fifo(path));
  EXPECT_THAT(listing(), testing::ElementsAre("pipe"));
}

TEST_F(Files, ListsWhatIsNotHiddenInOrderAndThroughLinks) {
  const ScratchFolder elsewhere;
  write_file(elsewhere / "e", "");
  fs::create_directory_symlink(elsewhere.path(), folder_ / "c");
  for (const char* name : {"b/.git", "b/d"}) make_folders(folder_ / name);
  for (const char* name : {"z", "a", ".hidden", "b/.git/x", "b/d/y"}) {
    write_file(folder_ / name, "");
  }
  const auto in = [&](const char* name) { return folder_ / name; };
  EXPECT_THAT(list_folder(folder_.path()),
              testing::ElementsAre(in("a"), in("b"), in("c"), in("z")));
  EXPECT_THAT(list_files(folder_.path()),
              testing::ElementsAre(in("a"), in("b/d/y"), in("c/e"), in("z")));
  fs::create_symlink("nowhere", folder_ / "b" / "dangling");
  EXPECT_EQ(list_files(folder_.path()).size(), 4u);
  for (const auto& target : {fs::path(".."), fs::path("."), folder_.path()}) {
    fs::create_directory_symlink(target, folder_ / "b" / "loop");
    expect_error(ErrorCode::kBadData, {"b/loop", "a link to a folder that it lies in"},
                 [&] { list_files(folder_.path()); });
    fs::remove(folder_ / "b" / "loop");
  }
  expect_error(ErrorCode::kMissingFile, {"none"}, [&] { list_folder(in("none")); });
}

// Root passes every permission check, so the attempt is made as another user in a child process.
TEST_F(Files, DeniedAccessIsAResourceError) {
  write_file(folder_ / "secret", "x");
  ::chmod((folder_ / "secret").c_str(), 0);
  ::chmod(folder_.path().c_str(), 0555);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    if (::geteuid() == 0 && ::setuid(kNobody) != 0) ::_exit(2);
    const auto is_resource_error = [](const auto& action) {
      try {
        action();
      } catch (const Error& error) {
        return error.code() == ErrorCode::kResource;
      }
      return false;
    };
    const bool refused = is_resource_error([&] { read_file(folder_ / "secret"); }) &&
                         is_resource_error([&] { write_file(folder_ / "new", "x"); }) &&
                         is_resource_error([&] { make_folders(folder_ / "a" / "b"); });
    ::_exit(refused ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ::chmod(folder_.path().c_str(), 0755);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_THAT(listing(), testing::ElementsAre("secret"));
}

TEST_F(Files, MakesFoldersWithParents) {
  make_folders(folder_ / "a" / "b");
  make_folders(folder_ / "a" / "b");
  EXPECT_TRUE(fs::is_directory(folder_ / "a" / "b"));
  write_file(folder_ / "file", "x");
  expect_error(ErrorCode::kResource, {"file"}, [&] { make_folders(folder_ / "file"); });
}

TEST_F(Files, AnAppendFileGrowsAndForgetsItsTail) {
  const auto path = folder_ / "log";
  {
    AppendFile file(path);
    file.write("one\n");
    EXPECT_EQ(content(path), "one\n");  // visible to others at once
    file.write("two\n");
    EXPECT_EQ(file.size(), 8u);
  }
  AppendFile file(path, /*keep_bytes=*/4);
  EXPECT_EQ(content(path), "one\n");
  file.write("three\n");
  EXPECT_EQ(content(path), "one\nthree\n");
  AppendFile longer(path, /*keep_bytes=*/1000);
  EXPECT_EQ(longer.size(), 10u);
}

}  // namespace
}  // namespace clipstill
