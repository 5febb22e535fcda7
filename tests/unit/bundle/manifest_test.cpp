#include "bundle/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../core/expect_error.h"
#include "../core/scratch_folder.h"
#include "core/files.h"

namespace clipstill::bundle {
namespace {

class Manifest : public testing::Test {
 protected:
  Manifest() {
    write_file(folder_ / "a.bin", "some content");
    write_file(folder_ / "empty", "");
    fs::create_directory(folder_ / "below");
    write_file(folder_ / "below" / "b.bin", "more content");
    write_manifest(folder_.path());
  }
  void expect_refused(ErrorCode code, const std::string& file) const {
    expect_error(code, {(folder_ / file).string()}, [&] { verify_manifest(folder_.path()); });
  }
  ScratchFolder folder_;
};

TEST_F(Manifest, AnUntouchedFolderIsWhole) {
  verify_manifest(folder_.path());
  write_manifest(folder_.path());  // a second time: it does not list itself
  verify_manifest(folder_.path());
}

TEST_F(Manifest, AnyChangedByteIsFound) {
  const auto content = read_file(folder_ / "a.bin");
  for (size_t i = 0; i < content.size(); ++i) {
    auto damaged = content;
    damaged[i] ^= 1;
    write_file(folder_ / "a.bin", damaged);
    expect_refused(ErrorCode::kBadData, "a.bin");
  }
}

TEST_F(Manifest, AnotherSizeIsFound) {
  write_file(folder_ / "a.bin", "some conten");
  expect_refused(ErrorCode::kBadData, "a.bin");
  write_file(folder_ / "a.bin", "some content");
  write_file(folder_ / "empty", "x");
  expect_refused(ErrorCode::kBadData, "empty");
}

TEST_F(Manifest, MissingFilesAreNamed) {
  fs::remove(folder_ / "empty");
  expect_refused(ErrorCode::kMissingFile, "empty");
  fs::remove(folder_ / "manifest.json");
  expect_refused(ErrorCode::kMissingFile, "manifest.json");
}

TEST_F(Manifest, SubfoldersAreCovered) {
  write_file(folder_ / "below" / "b.bin", "More content");
  expect_refused(ErrorCode::kBadData, "below/b.bin");
  fs::remove(folder_ / "below" / "b.bin");
  expect_refused(ErrorCode::kMissingFile, "below/b.bin");
}

TEST_F(Manifest, WhatIsNotListedIsNotLookedAt) {
  write_file(folder_ / "more", "x");
  write_file(folder_ / "below" / "more", "x");
  verify_manifest(folder_.path());
}

TEST_F(Manifest, ADamagedManifestIsRefused) {
  for (const std::string text : {"", "{", "[]", "{}", R"({"files":[]})", R"({"files":1})"}) {
    write_file(folder_ / "manifest.json", text);
    expect_refused(ErrorCode::kBadData, "manifest.json");
  }
  for (const std::string name :
       {"../a.bin", "below/../../a.bin", "/etc/passwd", "below/", ".", "..", "./a.bin"}) {
    write_file(folder_ / "manifest.json", R"({"files":{")" + name + R"(":{}}})");
    expect_error(ErrorCode::kBadData, {name, "not in its folder"},
                 [&] { verify_manifest(folder_.path()); });
  }
  write_file(folder_ / "manifest.json", R"({"files":{"a.bin":{"bytes":12}}})");
  expect_refused(ErrorCode::kBadData, "a.bin");
}

}  // namespace
}  // namespace clipstill::bundle
