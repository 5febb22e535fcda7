#include "data/tar.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "core/error.h"

namespace clipstill::data {
namespace {

constexpr uint64_t kBlock = 512;
constexpr uint64_t kMaxExtension = uint64_t{1} << 20;  // bytes of one long name or pax header
constexpr uint64_t kMaxOctalSize = uint64_t{1} << 33;  // eleven octal digits

// Field offsets and widths of a ustar header (POSIX.1-2017, pax).
struct Field {
  size_t offset, width;
};
constexpr Field kName{0, 100}, kMode{100, 8}, kUid{108, 8}, kGid{116, 8}, kSize{124, 12},
    kTime{136, 12}, kChecksum{148, 8}, kMagic{257, 8}, kPrefix{345, 155};
constexpr size_t kType = 156;

std::string_view text_field(const uint8_t* header, Field field) {
  const auto* start = reinterpret_cast<const char*>(header) + field.offset;
  return {start, strnlen(start, field.width)};
}

std::optional<uint64_t> number_field(const uint8_t* header, Field field) {
  const uint8_t* bytes = header + field.offset;
  if (bytes[0] & 0x80) {  // GNU base-256, big-endian
    uint64_t value = bytes[0] & 0x7f;
    for (size_t i = 1; i < field.width; ++i) {
      if (value >> 56) return std::nullopt;
      value = value << 8 | bytes[i];
    }
    return value;
  }
  auto text = text_field(header, field);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  uint64_t value = 0;
  if (text.empty()) return value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 8);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

uint64_t checksum(const uint8_t* header) {  // the checksum field itself counts as spaces
  uint64_t sum = 0;
  for (size_t i = 0; i < kBlock; ++i) {
    const bool own = i >= kChecksum.offset && i < kChecksum.offset + kChecksum.width;
    sum += own ? ' ' : header[i];
  }
  return sum;
}

// What extension members say about the member that follows them.
struct Extension {
  std::string name;
  std::optional<uint64_t> size;
  bool is_sparse = false;  // its stored content is not the file's content
};

// Reads a pax extended header: "<length> key=value\n" records. False if it is malformed.
bool read_pax(std::string_view records, Extension& extension) {
  while (!records.empty()) {
    size_t length = 0;
    const auto [end, error] =
        std::from_chars(records.data(), records.data() + records.size(), length);
    const auto digits = static_cast<size_t>(end - records.data());
    if (error != std::errc() || length <= digits + 2 || length > records.size()) return false;
    const auto record = records.substr(digits + 1, length - digits - 2);
    const size_t equals = record.find('=');
    if (equals == std::string_view::npos) return false;
    const auto key = record.substr(0, equals), value = record.substr(equals + 1);
    if (key == "path") extension.name = value;
    if (key == "size") {
      uint64_t size = 0;
      const auto parsed = std::from_chars(value.data(), value.data() + value.size(), size);
      if (parsed.ec != std::errc() || parsed.ptr != value.data() + value.size()) return false;
      extension.size = size;
    }
    if (key.starts_with("GNU.sparse.")) extension.is_sparse = true;
    records.remove_prefix(length);
  }
  return true;
}

bool is_safe(std::string_view name) {
  if (name.empty() || name.front() == '/' || name.find('\0') != std::string_view::npos)
    return false;
  for (size_t start = 0; start <= name.size();) {
    const size_t slash = std::min(name.find('/', start), name.size());
    if (name.substr(start, slash - start) == "..") return false;
    start = slash + 1;
  }
  return true;
}

void put_octal(uint8_t* header, Field field, uint64_t value) {
  for (size_t i = field.width - 1; i-- > 0;) {
    header[field.offset + i] = static_cast<uint8_t>('0' + (value & 7));
    value >>= 3;
  }
}

bool is_zero(std::span<const uint8_t> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
}

std::string header_name(const uint8_t* header) {
  const bool is_ustar = std::memcmp(header + kMagic.offset, "ustar\0", 6) == 0;
  const auto prefix = is_ustar ? text_field(header, kPrefix) : std::string_view();
  std::string name(prefix);
  if (!prefix.empty()) name += '/';
  return name += text_field(header, kName);
}

class Lister {
 public:
  Lister(std::span<const uint8_t> archive, std::string_view name)
      : archive_(archive), name_(name) {}

  std::vector<TarMember> list() {
    while (position_ + kBlock <= archive_.size()) {
      if (is_zero(archive_.subspan(position_, kBlock))) {  // the end mark
        if (!is_zero(archive_.subspan(position_))) {
          fail(ErrorCode::kBadData,
               "{}: more data after the end mark at byte {} (archives joined with cat? "
               "join them with tar --concatenate)",
               name_, position_);
        }
        return std::move(members_);
      }
      read_member(archive_.data() + position_);
    }
    fail(ErrorCode::kBadData,
         "{}: the archive ends without its end mark after {} members (cut short?)", name_,
         members_.size());
  }

 private:
  void read_member(const uint8_t* header) {
    const auto stored = number_field(header, kChecksum);
    if (!stored || *stored != checksum(header)) {
      fail(ErrorCode::kBadData,
           "{}: byte {}: wrong tar header checksum (damaged, or not a tar file)", name_, position_);
    }
    const char type = static_cast<char>(header[kType]);
    const bool is_extension = type == 'L' || type == 'K' || type == 'x' || type == 'g';
    auto size = number_field(header, kSize);
    if (!is_extension && extension_.size) size = extension_.size;
    const uint64_t start = position_ + kBlock;
    if (!size || *size > archive_.size() - start) {
      fail(ErrorCode::kBadData,
           "{}: member \"{}\": its size passes the end of the archive (cut short?)", name_,
           is_extension || extension_.name.empty() ? header_name(header) : extension_.name);
    }
    if (is_extension) {
      read_extension(type, start, *size);
    } else {
      add_member(type, header, start, *size);
      extension_ = {};
    }
    position_ = start + (*size + kBlock - 1) / kBlock * kBlock;
  }

  void read_extension(char type, uint64_t start, uint64_t size) {
    if (size > kMaxExtension) {
      fail(ErrorCode::kBadData, "{}: byte {}: an extended header of {} bytes, at most {} are read",
           name_, position_, size, kMaxExtension);
    }
    const std::string_view content(reinterpret_cast<const char*>(archive_.data()) + start, size);
    if (type == 'L') extension_.name = content.substr(0, content.find('\0'));
    if (type == 'x' && !read_pax(content, extension_)) {
      fail(ErrorCode::kBadData, "{}: byte {}: malformed pax extended header", name_, position_);
    }
    // 'K' names the target of a link; 'g' holds comments and defaults that name no member.
  }

  void add_member(char type, const uint8_t* header, uint64_t start, uint64_t size) {
    std::string member = extension_.name.empty() ? header_name(header) : extension_.name;
    if (type == '5' || member.ends_with('/'))
      return;  // folders; the latter in archives before POSIX
    if (member.starts_with("./")) member.erase(0, 2);
    if (!is_safe(member)) {
      fail(ErrorCode::kBadData, "{}: member \"{}\": absolute names and \"..\" are refused", name_,
           member);
    }
    if (type != '0' && type != '\0' && type != '7') {
      fail(ErrorCode::kBadData,
           "{}: member \"{}\" is a link or special file; make the archive of "
           "regular files, with tar --dereference --hard-dereference",
           name_, member);
    }
    if (extension_.is_sparse) {
      fail(ErrorCode::kBadData, "{}: member \"{}\" is sparse; make the archive without --sparse",
           name_, member);
    }
    members_.push_back({std::move(member), start, size});
  }

  std::span<const uint8_t> archive_;
  std::string_view name_;
  std::vector<TarMember> members_;
  Extension extension_;
  uint64_t position_ = 0;
};

}  // namespace

std::vector<TarMember> list_tar(std::span<const uint8_t> archive, std::string_view name) {
  return Lister(archive, name).list();
}

void TarWriter::add(std::string_view name, std::string_view content) {
  if (name.size() > kName.width || !is_safe(name)) {
    fail(ErrorCode::kInternal, "tar member name \"{}\" is not writable", name);
  }
  if (content.size() >= kMaxOctalSize) {
    fail(ErrorCode::kBadData, "tar member \"{}\": {} bytes, more than ustar holds", name,
         content.size());
  }
  uint8_t header[kBlock] = {};
  std::memcpy(header, name.data(), name.size());
  put_octal(header, kMode, 0644);
  put_octal(header, kUid, 0);
  put_octal(header, kGid, 0);
  put_octal(header, kSize, content.size());
  put_octal(header, kTime, 0);
  header[kType] = '0';
  std::memcpy(header + kMagic.offset,
              "ustar\0"
              "00",
              kMagic.width);
  put_octal(header, Field{kChecksum.offset, 7}, checksum(header));
  header[kChecksum.offset + 7] = ' ';
  archive_.append(reinterpret_cast<const char*>(header), kBlock);
  members_.push_back({std::string(name), archive_.size(), content.size()});
  archive_.append(content);
  archive_.append((kBlock - content.size() % kBlock) % kBlock, '\0');
}

std::string TarWriter::finish() {
  archive_.append(2 * kBlock, '\0');
  return std::move(archive_);
}

}  // namespace clipstill::data
