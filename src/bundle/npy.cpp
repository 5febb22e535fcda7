#include "bundle/npy.h"

#include <fmt/format.h>

#include <string>

#include "core/bytes.h"
#include "core/files.h"

namespace clipstill::bundle {

void write_npy(const std::filesystem::path& path, std::span<const float> values, int64_t rows,
               int64_t columns) {
  constexpr size_t kPreamble = 10, kAlignment = 64;  // magic, version, length of the header
  auto header =
      fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}", rows, columns);
  const size_t length = (kPreamble + header.size() + kAlignment) / kAlignment * kAlignment;
  header.resize(length - kPreamble - 1, ' ');
  header += '\n';
  std::string preamble("\x93NUMPY\x01\x00", 8);
  preamble += static_cast<char>(header.size() & 0xff);
  preamble += static_cast<char>(header.size() >> 8);
  AtomicFile file(path);
  file.write(preamble);
  file.write(header);
  file.write(bytes_of(values));
  file.commit();
}

}  // namespace clipstill::bundle
