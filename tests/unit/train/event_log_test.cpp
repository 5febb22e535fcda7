// log.jsonl and TensorBoard events, read by a parser of our own.
#include "train/event_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "../core/scratch_folder.h"

namespace clipstill::train {
namespace {

using testing::ElementsAre;
using testing::Pair;

uint32_t crc32c(std::string_view bytes) {  // bit by bit
  uint32_t crc = ~0u;
  for (const unsigned char c : bytes) {
    crc ^= c;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1u) != 0 ? (crc >> 1) ^ 0x82f63b78u : crc >> 1;
  }
  return ~crc;
}

uint32_t unmasked(uint32_t masked) {
  const uint32_t rotated = masked - 0xa282ead8u;
  return rotated >> 17 | rotated << 15;
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  bool at_end() const { return rest_.empty(); }
  std::string_view take(size_t count) {
    if (count > rest_.size()) throw std::runtime_error("cut short");
    const auto part = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return part;
  }
  template <class T>
  T fixed() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = fixed<uint8_t>();
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw std::runtime_error("a varint without end");
  }

 private:
  std::string_view rest_;
};

struct Event {
  double wall_time = 0;
  int64_t step = -1;
  std::string file_version;
  std::map<std::string, float> scalars;
};

std::pair<std::string, float> parse_value(Reader value) {
  std::pair<std::string, float> scalar;
  while (!value.at_end()) {
    const auto tag = value.varint();
    if (tag == (1 << 3 | 2)) {
      scalar.first = value.take(value.varint());
    } else if (tag == (2 << 3 | 5)) {
      scalar.second = value.fixed<float>();
    } else {
      throw std::runtime_error("an unknown field in a value");
    }
  }
  return scalar;
}

Event parse_event(Reader reader) {
  Event event;
  while (!reader.at_end()) {
    const auto tag = reader.varint();
    if (tag == (1 << 3 | 1)) {
      event.wall_time = reader.fixed<double>();
    } else if (tag == (2 << 3 | 0)) {
      event.step = static_cast<int64_t>(reader.varint());
    } else if (tag == (3 << 3 | 2)) {
      event.file_version = reader.take(reader.varint());
    } else if (tag == (5 << 3 | 2)) {
      for (Reader summary(reader.take(reader.varint())); !summary.at_end();) {
        if (summary.varint() != (1 << 3 | 2)) throw std::runtime_error("no value in a summary");
        event.scalars.insert(parse_value(Reader(summary.take(summary.varint()))));
      }
    } else {
      throw std::runtime_error("an unknown field in an event");
    }
  }
  return event;
}

std::vector<Event> parse_events(const std::string& file) {
  std::vector<Event> events;
  for (Reader reader(file); !reader.at_end();) {
    const auto length_bytes = reader.take(8);
    uint64_t length = 0;
    std::memcpy(&length, length_bytes.data(), 8);
    EXPECT_EQ(unmasked(reader.fixed<uint32_t>()), crc32c(length_bytes));
    const auto payload = reader.take(length);
    EXPECT_EQ(unmasked(reader.fixed<uint32_t>()), crc32c(payload));
    events.push_back(parse_event(Reader(payload)));
  }
  return events;
}

class EventLogTest : public testing::Test {
 protected:
  std::string jsonl() const { return read_file(folder_ / "log.jsonl"); }
  std::string tfevents() const {
    std::optional<std::string> content;
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      // TensorBoard looks for this in a file's name.
      if (entry.path().filename().string().find("tfevents") == std::string::npos) continue;
      EXPECT_FALSE(content.has_value()) << "two files of events";
      content = read_file(entry.path());
    }
    return content.value();
  }
  ScratchFolder folder_;
};

TEST(Crc32c, KnownVectors) {
  // RFC 3720, B.4, and the check value of the Castagnoli polynomial.
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  const auto masked = [](uint32_t crc) { return (crc >> 15 | crc << 17) + 0xa282ead8u; };
  EXPECT_EQ(masked_crc32c("123456789"), masked(0xe3069283u));
  EXPECT_EQ(masked_crc32c(std::string(32, '\0')), masked(0x8a9136aau));
  EXPECT_EQ(masked_crc32c(std::string(32, '\xff')), masked(0x62a8ab43u));
  EXPECT_EQ(masked_crc32c(""), masked(0));
}

TEST_F(EventLogTest, BothFilesTellTheSame) {
  {
    EventLog log(folder_.path());
    log.scalars(20, 1.23456, {{"loss", 2.5}, {"ce", 0.25}});
    log.scalars(300000, 60, {{"val/mean/recall@1", 0.125}});
    EXPECT_EQ(log.sizes().jsonl, jsonl().size());
    EXPECT_EQ(log.sizes().tfevents, tfevents().size());
  }
  EXPECT_EQ(jsonl(),
            "{\"step\":20,\"seconds\":1.235,\"ce\":0.25,\"loss\":2.5}\n"
            "{\"step\":300000,\"seconds\":60.0,\"val/mean/recall@1\":0.125}\n");
  const auto events = parse_events(tfevents());
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].file_version, "brain.Event:2");
  EXPECT_TRUE(events[0].scalars.empty());
  EXPECT_EQ(events[1].step, 20);
  EXPECT_THAT(events[1].scalars, ElementsAre(Pair("ce", 0.25f), Pair("loss", 2.5f)));
  EXPECT_EQ(events[2].step, 300000);
  EXPECT_THAT(events[2].scalars, ElementsAre(Pair("val/mean/recall@1", 0.125f)));
  EXPECT_GT(events[1].wall_time, 1.6e9);  // seconds since 1970
}

TEST_F(EventLogTest, AWarningIsALineOfItsOwn) {
  EventLog(folder_.path()).warning(40, 2, "near_chance", "say \"hm\"");
  EXPECT_EQ(jsonl(),
            "{\"step\":40,\"seconds\":2.0,\"warning\":\"near_chance\","
            "\"message\":\"say \\\"hm\\\"\"}\n");
  EXPECT_EQ(parse_events(tfevents()).size(), 1u);
}

TEST_F(EventLogTest, ResumingCutsWhatTheCheckpointDidNotKnow) {
  EventSizes at_checkpoint;
  {
    EventLog log(folder_.path());
    log.scalars(1, 1, {{"loss", 4}});
    at_checkpoint = log.sizes();
    log.scalars(2, 2, {{"loss", 3}});
  }
  write_file(folder_ / "log.jsonl", jsonl() + "{\"step\":3,\"lo");  // a kill in the middle
  {
    EventLog log(folder_.path(), at_checkpoint);
    EXPECT_EQ(log.sizes().jsonl, at_checkpoint.jsonl);
    log.scalars(2, 2, {{"loss", 3.5}});
  }
  EXPECT_EQ(
      jsonl(),
      "{\"step\":1,\"seconds\":1.0,\"loss\":4.0}\n{\"step\":2,\"seconds\":2.0,\"loss\":3.5}\n");
  const auto events = parse_events(tfevents());
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[1].step, 1);
  EXPECT_THAT(events[2].scalars, ElementsAre(Pair("loss", 3.5f)));
}

TEST_F(EventLogTest, WithoutACheckpointItBeginsAnew) {
  EventLog(folder_.path()).scalars(1, 1, {{"loss", 4}});
  EventLog(folder_.path()).scalars(1, 1, {{"loss", 5}});
  EXPECT_EQ(jsonl(), "{\"step\":1,\"seconds\":1.0,\"loss\":5.0}\n");
  EXPECT_EQ(parse_events(tfevents()).size(), 2u);
}

}  // namespace
}  // namespace clipstill::train
