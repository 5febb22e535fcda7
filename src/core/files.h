// File access: whole reads, memory maps and atomic writes. Every error names the path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clipstill {

namespace fs = std::filesystem;

/// Reads a whole file. kMissingFile if it does not exist, kBadData if it is larger than
/// `max_bytes`, kResource if it cannot be read.
std::string read_file(const fs::path& path, uint64_t max_bytes = uint64_t{1} << 32);

/// Lines of a text file, without their ends ("\n" or "\r\n"). Errors as read_file().
std::vector<std::string> read_lines(const fs::path& path, uint64_t max_bytes = uint64_t{1} << 32);

/// A read-only memory map of a whole file (empty files map to an empty span).
class MappedFile {
 public:
  explicit MappedFile(const fs::path& path);
  ~MappedFile();
  MappedFile(MappedFile&&) noexcept;
  MappedFile& operator=(MappedFile&&) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const uint8_t> bytes() const { return {data_, size_}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data_), size_}; }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

/// Writes a file so that a reader sees the old content or the new, never a part: temporary
/// file in the same folder, fsync, rename, fsync of the folder. Without commit() the
/// destructor removes the temporary file. Errors (disk full, permission) are kResource.
class AtomicFile {
 public:
  explicit AtomicFile(fs::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const uint8_t> bytes);
  void write(std::string_view text);
  uint64_t size() const { return size_; }
  void commit();

 private:
  fs::path path_;
  fs::path temporary_;
  int fd_ = -1;
  uint64_t size_ = 0;
};

/// AtomicFile in one call.
void write_file(const fs::path& path, std::string_view content);

/// Creates the folder and its parents; kResource if that fails.
void make_folders(const fs::path& path);

/// What lies in a folder, sorted (a folder's own order differs between machines), without hidden
/// entries (".name"), among which are those that macOS leaves beside files ("._name.jpg").
std::vector<fs::path> list_folder(const fs::path& folder);
/// The files in a folder and below it, likewise, through links to folders too. kBadData naming a
/// link to a folder that it lies in.
std::vector<fs::path> list_files(const fs::path& folder);

/// fsync of a folder, so that renames in it survive a power cut.
void sync_folder(const fs::path& path);

/// A file that only grows (JSONL logs, TensorBoard events). `keep_bytes` truncates what a
/// killed run wrote after its last checkpoint.
class AppendFile {
 public:
  explicit AppendFile(fs::path path, uint64_t keep_bytes = UINT64_MAX);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  void write(std::string_view bytes);  // reaches the kernel before it returns
  uint64_t size() const { return size_; }

 private:
  fs::path path_;
  int fd_ = -1;
  uint64_t size_ = 0;
};

}  // namespace clipstill
