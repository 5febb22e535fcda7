#include "core/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/contains.h"
#include "core/error.h"

namespace clipstill {
namespace {

[[noreturn]] void fail_errno(const char* action, const fs::path& path, int error) {
  if (error == ENOENT) {
    fail(ErrorCode::kMissingFile, "{}: no such file or folder (cannot {})", path.string(), action);
  }
  fail(ErrorCode::kResource, "{}: cannot {}: {}{}", path.string(), action, std::strerror(error),
       error == ENOSPC ? "; free disk space and run the command again" : "");
}

int open_or_fail(const fs::path& path, int flags, const char* action) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0666);
  if (fd < 0) fail_errno(action, path, errno);
  return fd;
}

void write_all(int fd, const char* data, size_t size, const fs::path& path) {
  while (size > 0) {
    const ssize_t written = ::write(fd, data, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_errno("write", path, errno);
    data += written;
    size -= static_cast<size_t>(written);
  }
}

uint64_t size_of(int fd, const fs::path& path) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) fail_errno("stat", path, errno);
  if (!S_ISREG(info.st_mode)) {
    fail(ErrorCode::kBadData, "{}: expected a regular file, found something else", path.string());
  }
  return static_cast<uint64_t>(info.st_size);
}

class FileHandle {
 public:
  explicit FileHandle(int fd) : fd_(fd) {}
  ~FileHandle() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

}  // namespace

std::string read_file(const fs::path& path, uint64_t max_bytes) {
  const FileHandle file(open_or_fail(path, O_RDONLY, "read"));
  const uint64_t size = size_of(file.get(), path);
  if (size > max_bytes) {
    fail(ErrorCode::kBadData, "{}: {} bytes, more than the {} allowed here", path.string(), size,
         max_bytes);
  }
  std::string content(size, '\0');
  size_t done = 0;
  while (done < size) {
    const ssize_t n = ::read(file.get(), content.data() + done, size - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail_errno("read", path, errno);
    if (n == 0) break;  // it shrank meanwhile
    done += static_cast<size_t>(n);
  }
  content.resize(done);
  return content;
}

std::vector<std::string> read_lines(const fs::path& path, uint64_t max_bytes) {
  const std::string content = read_file(path, max_bytes);
  std::vector<std::string> lines;
  for (size_t start = 0; start < content.size();) {
    const size_t end = std::min(content.find('\n', start), content.size());
    std::string line = content.substr(start, end - start);
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(std::move(line));
    start = end + 1;
  }
  return lines;
}

MappedFile::MappedFile(const fs::path& path) : path_(path) {
  const FileHandle file(open_or_fail(path, O_RDONLY, "read"));
  size_ = size_of(file.get(), path);
  if (size_ == 0) return;
  void* address = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (address == MAP_FAILED) fail_errno("map", path, errno);
  data_ = static_cast<const uint8_t*>(address);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<uint8_t*>(data_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

namespace {

// Where a link leads to in the end, whether that is there yet or not.
fs::path behind_links(fs::path path) {
  constexpr int kMostLinks = 40;  // as Linux
  std::error_code error;
  for (int i = 0; i < kMostLinks && fs::is_symlink(path, error); ++i) {
    path = path.parent_path() / fs::read_symlink(path, error);  // an absolute target replaces it
  }
  return path;
}

}  // namespace

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)) {
  std::error_code error;
  const auto status = fs::status(path_, error);
  if (fs::is_directory(status)) {
    fail(ErrorCode::kUsage, "{}: expected a file to write, found a folder", path_.string());
  }
  if (fs::exists(status) && !fs::is_regular_file(status)) {  // a pipe, and /dev/stdout where it is
    fd_ = open_or_fail(path_, O_WRONLY, "write");            // one, whose link leads to no path
    return;
  }
  path_ = behind_links(path_);
  temporary_ = path_;
  temporary_ += fmt::format(".tmp-{}", ::getpid());
  fd_ = open_or_fail(temporary_, O_WRONLY | O_CREAT | O_TRUNC, "create");
}

AtomicFile::~AtomicFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const uint8_t> bytes) {
  write_all(fd_, reinterpret_cast<const char*>(bytes.data()), bytes.size(), path_);
  size_ += bytes.size();
}

void AtomicFile::write(std::string_view text) {
  write_all(fd_, text.data(), text.size(), path_);
  size_ += text.size();
}

void AtomicFile::commit() {
  if (temporary_.empty()) {
    ::close(std::exchange(fd_, -1));
    return;
  }
  if (::fsync(fd_) != 0) fail_errno("fsync", path_, errno);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail_errno("rename", path_, errno);
  ::close(std::exchange(fd_, -1));
  sync_folder(path_.parent_path());
}

void write_file(const fs::path& path, std::string_view content) {
  AtomicFile file(path);
  file.write(content);
  file.commit();
}

void make_folders(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) fail_errno("create the folder", path, error.value());
}

std::vector<fs::path> list_folder(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> entries;
  auto entry = fs::directory_iterator(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    if (!entry->path().filename().string().starts_with('.')) entries.push_back(entry->path());
  }
  if (error) fail_errno("list the folder", folder, error.value());
  std::sort(entries.begin(), entries.end());
  return entries;
}

namespace {

using FolderIdentity = std::pair<dev_t, ino_t>;

// `above` are the folders on the way down to `folder`, whose `status` is given.
void add_files(const fs::path& folder, const struct stat& status,
               std::vector<FolderIdentity>& above, std::vector<fs::path>& files) {
  const FolderIdentity here{status.st_dev, status.st_ino};
  if (contains(above, here)) {
    fail(ErrorCode::kBadData, "{}: a link to a folder that it lies in; remove it", folder.string());
  }
  above.push_back(here);
  for (const auto& entry : list_folder(folder)) {
    struct stat info {};
    if (::stat(entry.c_str(), &info) != 0) {
      if (errno == ENOENT) continue;  // a link to what is not there
      fail_errno("look at", entry, errno);
    }
    if (S_ISDIR(info.st_mode)) add_files(entry, info, above, files);
    if (S_ISREG(info.st_mode)) files.push_back(entry);
  }
  above.pop_back();
}

}  // namespace

std::vector<fs::path> list_files(const fs::path& folder) {
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) fail_errno("list the folder", folder, errno);
  std::vector<FolderIdentity> above;
  std::vector<fs::path> files;
  add_files(folder, status, above, files);
  std::sort(files.begin(), files.end());
  return files;
}

void sync_folder(const fs::path& path) {
  const fs::path folder = path.empty() ? fs::path(".") : path;
  const FileHandle file(open_or_fail(folder, O_RDONLY | O_DIRECTORY, "open"));
  if (::fsync(file.get()) != 0 && errno != EINVAL) fail_errno("fsync", folder, errno);
}

AppendFile::AppendFile(fs::path path, uint64_t keep_bytes) : path_(std::move(path)) {
  FileHandle file(open_or_fail(path_, O_WRONLY | O_CREAT, "open"));
  size_ = size_of(file.get(), path_);
  if (size_ > keep_bytes) {
    if (::ftruncate(file.get(), static_cast<off_t>(keep_bytes)) != 0) {
      fail_errno("truncate", path_, errno);
    }
    size_ = keep_bytes;
  }
  ::lseek(file.get(), 0, SEEK_END);
  fd_ = file.release();
}

AppendFile::~AppendFile() {
  ::close(fd_);
}

void AppendFile::write(std::string_view bytes) {
  write_all(fd_, bytes.data(), bytes.size(), path_);
  size_ += bytes.size();
}

}  // namespace clipstill
