#include "data/tar.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "core/error.h"

namespace clipstill::data {
namespace {

constexpr uint64_t kBlock = 512;
constexpr uint64_t kMaxLongName = 64 * 1024;

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

// The value of `path` in a pax extended header ("<length> key=value\n" records).
std::optional<std::string> pax_path(std::string_view records) {
  std::optional<std::string> path;
  while (!records.empty()) {
    size_t length = 0;
    const auto [end, error] =
        std::from_chars(records.data(), records.data() + records.size(), length);
    const size_t digits = static_cast<size_t>(end - records.data());
    if (error != std::errc() || length <= digits + 2 || length > records.size()) break;
    const auto record = records.substr(digits + 1, length - digits - 2);
    if (record.starts_with("path=")) path = std::string(record.substr(5));
    records.remove_prefix(length);
  }
  return path;
}

bool is_safe(std::string_view name) {
  if (name.empty() || name.front() == '/' || name.find('\0') != std::string_view::npos) return false;
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

}  // namespace

std::vector<TarMember> list_tar(std::span<const uint8_t> archive, std::string_view name) {
  std::vector<TarMember> members;
  std::string long_name;
  uint64_t position = 0;
  while (position + kBlock <= archive.size()) {
    const uint8_t* header = archive.data() + position;
    if (std::all_of(header, header + kBlock, [](uint8_t byte) { return byte == 0; })) {
      return members;  // the end-of-archive mark
    }
    const auto stored = number_field(header, kChecksum);
    if (!stored || *stored != checksum(header)) {
      fail(ErrorCode::kBadData, "{}: byte {}: wrong tar header checksum (damaged, or not a tar file)",
           name, position);
    }
    const auto size = number_field(header, kSize);
    const uint64_t start = position + kBlock;
    if (!size || *size > archive.size() - start) {
      fail(ErrorCode::kBadData, "{}: member \"{}\": its size passes the end of the archive (cut short?)",
           name, text_field(header, kName));
    }
    const std::string_view content(reinterpret_cast<const char*>(archive.data()) + start, *size);
    const char type = static_cast<char>(header[kType]);
    if (type == 'L' || type == 'x') {
      if (*size > kMaxLongName) {
        fail(ErrorCode::kBadData, "{}: byte {}: a member name of {} bytes", name, position, *size);
      }
      if (type == 'L') long_name = content.substr(0, content.find('\0'));
      if (type == 'x') long_name = pax_path(content).value_or(long_name);
    } else if (type == '0' || type == '\0') {
      std::string member = long_name;
      if (member.empty()) {
        const bool ustar = std::memcmp(header + kMagic.offset, "ustar\0", 6) == 0;
        const auto prefix = ustar ? text_field(header, kPrefix) : std::string_view();
        if (!prefix.empty()) member = std::string(prefix) + '/';
        member += text_field(header, kName);
      }
      if (member.starts_with("./")) member.erase(0, 2);
      if (!is_safe(member)) {
        fail(ErrorCode::kBadData, "{}: member \"{}\": absolute names and \"..\" are refused", name,
             member);
      }
      members.push_back({std::move(member), start, *size});
      long_name.clear();
    } else {
      long_name.clear();  // folders, links and devices carry no data we read
    }
    position = start + (*size + kBlock - 1) / kBlock * kBlock;
  }
  fail(ErrorCode::kBadData, "{}: the archive ends without its end mark after {} members (cut short?)",
       name, members.size());
}

void TarWriter::add(std::string_view name, std::string_view content) {
  if (name.size() > kName.width || !is_safe(name)) {
    fail(ErrorCode::kInternal, "tar member name \"{}\" is not writable", name);
  }
  uint8_t header[kBlock] = {};
  std::memcpy(header, name.data(), name.size());
  put_octal(header, kMode, 0644);
  put_octal(header, kUid, 0);
  put_octal(header, kGid, 0);
  put_octal(header, kSize, content.size());
  put_octal(header, kTime, 0);
  header[kType] = '0';
  std::memcpy(header + kMagic.offset, "ustar\0" "00", kMagic.width);
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
