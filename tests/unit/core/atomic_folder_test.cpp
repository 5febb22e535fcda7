#include "core/atomic_folder.h"

#include "expect_error.h"
#include "scratch_folder.h"

namespace clipstill {
namespace {

class Folders : public testing::Test {
 protected:
  std::vector<std::string> listing() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(scratch_.path())) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }
  ScratchFolder scratch_;
  fs::path target_ = scratch_ / "target";
};

TEST_F(Folders, AppearWithAllTheirContent) {
  {
    AtomicFolder folder(target_);
    write_file(folder.path() / "x", "new");
    EXPECT_FALSE(fs::exists(target_));
    folder.commit();
  }
  EXPECT_EQ(read_file(target_ / "x"), "new");
  EXPECT_THAT(listing(), testing::ElementsAre("target"));
}

TEST_F(Folders, TakeThePlaceOfOthersAsAWhole) {
  make_folders(target_);
  write_file(target_ / "old", "old");
  {
    AtomicFolder folder(target_ / "");  // "target/"
    write_file(folder.path() / "x", "new");
    folder.commit();
  }
  EXPECT_FALSE(fs::exists(target_ / "old"));
  EXPECT_EQ(read_file(target_ / "x"), "new");
  EXPECT_THAT(listing(), testing::ElementsAre("target"));
}

TEST_F(Folders, VanishWithoutCommit) {
  {
    AtomicFolder folder(target_);
    write_file(folder.path() / "x", "new");
  }
  EXPECT_THAT(listing(), testing::IsEmpty());
}

TEST_F(Folders, AreRefusedWhereTheyCannotBeMade) {
  write_file(scratch_ / "file", "");
  expect_error(ErrorCode::kResource, {"file/target"},
               [&] { AtomicFolder folder(scratch_ / "file" / "target"); });
}

}  // namespace
}  // namespace clipstill
