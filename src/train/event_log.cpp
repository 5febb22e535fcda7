#include "train/event_log.h"

#include <array>
#include <chrono>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

namespace clipstill::train {
namespace {

constexpr std::array<uint32_t, 256> make_crc_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
    table[i] = crc;
  }
  return table;
}

constexpr auto kCrcTable = make_crc_table();

template <class T>
void put(std::string& out, T value) {  // little-endian hosts only, as the file formats here
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

// Protocol-buffer fields by hand: wire types 0 (varint), 1 (64 bit), 2 (bytes), 5 (32 bit).
void put_tag(std::string& out, unsigned field, unsigned wire_type) {
  put_varint(out, field << 3 | wire_type);
}

void put_bytes(std::string& out, unsigned field, std::string_view bytes) {
  put_tag(out, field, 2);
  put_varint(out, bytes.size());
  out += bytes;
}

std::string event(int64_t step) {
  const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
  std::string out;
  put_tag(out, 1, 1);  // wall_time
  put(out, now.count());
  put_tag(out, 2, 0);  // step
  put_varint(out, static_cast<uint64_t>(step));
  return out;
}

std::string record(std::string_view payload) {
  std::string length;
  put(length, static_cast<uint64_t>(payload.size()));
  std::string out = length;
  put(out, masked_crc32c(length));
  out += payload;
  put(out, masked_crc32c(payload));
  return out;
}

std::filesystem::path tfevents_path(const std::filesystem::path& folder) {
  return folder / "events.out.tfevents.0.clipstill";
}

nlohmann::ordered_json begun_line(int64_t step, double seconds) {
  return {{"step", step}, {"seconds", std::round(seconds * 1000) / 1000}};
}

}  // namespace

uint32_t masked_crc32c(std::string_view bytes) {
  uint32_t crc = 0xffffffffu;
  for (const char c : bytes) crc = crc >> 8 ^ kCrcTable[(crc ^ static_cast<uint8_t>(c)) & 0xff];
  crc = ~crc;
  return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

EventLog::EventLog(const std::filesystem::path& folder, EventSizes keep)
    : jsonl_(folder / "log.jsonl", keep.jsonl), tfevents_(tfevents_path(folder), keep.tfevents) {
  if (tfevents_.size() > 0) return;
  std::string header = event(0);
  put_bytes(header, 3, "brain.Event:2");  // file_version, the first record
  tfevents_.write(record(header));
}

void EventLog::scalars(int64_t step, double seconds, const std::map<std::string, double>& values) {
  auto line = begun_line(step, seconds);
  std::string summary;
  for (const auto& [name, value] : values) {
    line[name] = value;
    std::string entry;
    put_bytes(entry, 1, name);  // tag
    put_tag(entry, 2, 5);       // simple_value
    put(entry, static_cast<float>(value));
    put_bytes(summary, 1, entry);
  }
  jsonl_.write(line.dump() + "\n");
  std::string payload = event(step);
  put_bytes(payload, 5, summary);
  tfevents_.write(record(payload));
}

void EventLog::warning(int64_t step, double seconds, const std::string& sign,
                       const std::string& message) {
  auto line = begun_line(step, seconds);
  line["warning"] = sign;
  line["message"] = message;
  jsonl_.write(line.dump() + "\n");
}

}  // namespace clipstill::train
