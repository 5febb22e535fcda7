#include "data/tar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>

#include "../core/expect_error.h"
#include "../core/scratch_folder.h"
#include "core/bytes.h"
#include "core/files.h"

namespace clipstill::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<TarMember> list(const std::string& archive) {
  return list_tar(bytes_of(archive), "a.tar");
}

std::map<std::string, std::string> contents(const std::string& archive) {
  std::map<std::string, std::string> result;
  for (const auto& member : list(archive)) {
    result[member.name] = archive.substr(member.offset, member.size);
  }
  return result;
}

void expect_refused(const std::string& archive, const std::vector<std::string>& words) {
  expect_error(ErrorCode::kBadData, words, [&] { list(archive); });
}

std::string written_archive() {
  TarWriter writer;
  writer.add("000000000.png", "image");
  writer.add("000000000.json", std::string(512, 'j'));
  writer.add("empty.txt", "");
  return writer.finish();
}

// Rewrites the checksum of the header at `position` as POSIX says: octal sum of its bytes with
// the field itself taken as spaces.
void sign(std::string& archive, size_t position) {
  archive.replace(position + 148, 8, "        ");
  unsigned sum = 0;
  for (size_t i = 0; i < 512; ++i) sum += static_cast<unsigned char>(archive[position + i]);
  char field[9];
  std::snprintf(field, sizeof field, "%06o", sum);
  field[7] = ' ';
  archive.replace(position + 148, 8, field, 8);
}

// An archive of one member whose header `change` has altered.
std::string altered(const std::function<void(std::string&)>& change, const char* name = "a.txt") {
  TarWriter writer;
  writer.add(name, "0123456789");
  auto archive = writer.finish();
  change(archive);
  sign(archive, 0);
  return archive;
}

class SystemTar : public testing::Test {
 protected:
  // What `tar <options>` writes when run in a folder with the given files.
  std::string make(const std::string& options) {
    const auto archive = scratch_ / "made.tar";
    const auto command =
        "cd '" + (scratch_ / "in").string() + "' && tar cf '" + archive.string() + "' " + options;
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    return read_file(archive);
  }
  void put(const std::string& name, const std::string& content) {
    const auto path = scratch_ / "in" / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << content;
  }

  ScratchFolder scratch_;
};

TEST_F(SystemTar, ReadsEveryFormat) {
  const std::string long_name = std::string(60, 'd') + "/" + std::string(90, 'n') + ".jpg";
  const std::map<std::string, std::string> files{
      {"a.txt", "one"}, {"empty", ""}, {long_name, std::string(1500, 'x')}, {"猫/狗.json", "{}"}};
  for (const auto& [name, content] : files) put(name, content);
  for (const char* format : {"ustar", "gnu", "pax"}) {
    SCOPED_TRACE(format);
    EXPECT_EQ(contents(make(std::string("--format=") + format + " .")), files);
  }
}

TEST_F(SystemTar, ReadsNamesBeyondUstar) {
  const std::string name = std::string(200, 'a') + "/" + std::string(200, 'b');
  put(name, "deep");
  for (const char* format : {"gnu", "pax"}) {
    SCOPED_TRACE(format);
    EXPECT_EQ(contents(make(std::string("--format=") + format + " .")),
              (std::map<std::string, std::string>{{name, "deep"}}));
  }
}

TEST_F(SystemTar, RefusesLinks) {
  put("real.txt", "content");
  fs::create_symlink("real.txt", scratch_ / "in" / "soft.txt");
  expect_refused(make("."), {"soft.txt", "--dereference"});
}

TEST_F(SystemTar, RefusesSparseFiles) {
  put("hole.bin", "start");
  fs::resize_file(scratch_ / "in" / "hole.bin", 1 << 20);
  for (const char* format : {"gnu", "pax"}) {
    SCOPED_TRACE(format);
    expect_refused(make(std::string("--sparse --format=") + format + " hole.bin"), {"hole.bin"});
  }
}

TEST_F(SystemTar, ReadsWhatWeWrite) {
  write_file(scratch_ / "ours.tar", written_archive());
  const auto command = "cd '" + scratch_.path().string() + "' && tar xf ours.tar";
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(read_file(scratch_ / "000000000.png"), "image");
  EXPECT_EQ(read_file(scratch_ / "000000000.json"), std::string(512, 'j'));
  EXPECT_EQ(read_file(scratch_ / "empty.txt"), "");
}

TEST(Tar, RoundTrip) {
  EXPECT_EQ(contents(written_archive()),
            (std::map<std::string, std::string>{{"000000000.png", "image"},
                                                {"000000000.json", std::string(512, 'j')},
                                                {"empty.txt", ""}}));
  EXPECT_EQ(written_archive(), written_archive());
}

TEST(Tar, WriterTellsWhereContentLies) {
  TarWriter writer;
  writer.add("a", "xyz");
  writer.add("b", "w");
  const auto members = writer.members();
  const auto archive = writer.finish();
  ASSERT_EQ(members.size(), 2u);
  EXPECT_EQ(archive.substr(members[0].offset, members[0].size), "xyz");
  EXPECT_EQ(archive.substr(members[1].offset, members[1].size), "w");
}

TEST(Tar, EmptyArchive) {
  EXPECT_TRUE(list(TarWriter().finish()).empty());
}

TEST(Tar, RefusesEveryTruncation) {
  const auto archive = written_archive();
  const size_t end_mark = archive.size() - 1024;
  for (size_t length = 0; length < end_mark + 512; length += 64) {
    SCOPED_TRACE(length);
    expect_refused(archive.substr(0, length), {"a.tar", "cut short"});
  }
}

TEST(Tar, RefusesEveryDamagedHeaderByte) {
  const auto archive = written_archive();
  for (size_t i = 0; i < 512; ++i) {
    auto damaged = archive;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    // The last byte of the checksum field is padding, which no reader looks at.
    if (i == 155) continue;
    SCOPED_TRACE(i);
    expect_refused(damaged, {"checksum"});
  }
}

TEST(Tar, RefusesUnsafeNames) {
  for (const char* name : {"/etc/passwd", "../up.txt", "a/../../b", "a/.."}) {
    SCOPED_TRACE(name);
    expect_refused(altered([&](std::string& archive) {
                     archive.replace(0, 100,
                                     std::string(name) + std::string(100 - strlen(name), 0));
                   }),
                   {name, "refused"});
  }
}

TEST(Tar, RefusesSizesPastTheEnd) {
  for (const std::string size : {"00000003001", "77777777777"}) {
    SCOPED_TRACE(size);
    expect_refused(altered([&](std::string& archive) { archive.replace(124, 11, size); }),
                   {"a.txt", "passes the end"});
  }
}

TEST(Tar, RefusesSizesThatOverflow) {
  const std::string largest("\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12);
  const std::string wraps("\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", 12);
  const std::string too_wide(12, '\xff');
  for (const auto& size : {largest, wraps, too_wide}) {
    expect_refused(altered([&](std::string& archive) { archive.replace(124, 12, size); }),
                   {"a.txt"});
  }
}

TEST(Tar, RefusesSizesThatAreNoNumbers) {
  expect_refused(altered([](std::string& archive) { archive.replace(124, 11, "0000000009x"); }),
                 {"a.txt"});
}

TEST(Tar, ReadsBinarySizes) {
  const auto archive = altered([](std::string& bytes) {
    bytes.replace(124, 12, std::string("\x80\0\0\0\0\0\0\0\0\0\0\x0a", 12));
  });
  EXPECT_EQ(contents(archive)["a.txt"], "0123456789");
}

TEST(Tar, RefusesDataAfterTheEndMark) {
  expect_refused(written_archive() + written_archive(), {"a.tar", "--concatenate"});
}

TEST(Tar, RefusesDevices) {
  expect_refused(altered([](std::string& archive) { archive[156] = '3'; }), {"a.txt"});
}

// One pax header with these records before a member of ten bytes.
std::string with_pax(const std::string& records) {
  TarWriter writer;
  writer.add("pax", records);
  writer.add("a.txt", "0123456789");
  auto archive = writer.finish();
  archive[156] = 'x';
  sign(archive, 0);
  return archive;
}

TEST(Tar, PaxRecordsOverrideTheHeader) {
  const auto members = list(with_pax("16 path=new.txt\n9 size=4\n"));
  ASSERT_EQ(members.size(), 1u);
  EXPECT_EQ(members[0].name, "new.txt");
  EXPECT_EQ(members[0].size, 4u);
}

TEST(Tar, RefusesMalformedPax) {
  for (const char* records : {"99 path=new.txt\n", "0 path=x\n", "x path=a\n", "9 size=x\n",
                              "16 path:new.txt\n", "99999999999999999999999 a=b\n"}) {
    SCOPED_TRACE(records);
    expect_refused(with_pax(records), {"pax"});
  }
  expect_refused(with_pax("18 path=../up.txt\n"), {"refused"});
  expect_refused(with_pax("29 size=18446744073709551615\n"), {"passes the end"});
}

TEST(Tar, WriterRefusesNamesThatDoNotFit) {
  TarWriter writer;
  EXPECT_THROW(writer.add(std::string(101, 'n'), ""), Error);
  EXPECT_THROW(writer.add("../a", ""), Error);
}

}  // namespace
}  // namespace clipstill::data
