#include "assignment/journal_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "assignment/journal_format.h"
#include "assignment/testing/journal_bytes.h"
#include "assignment/testing/temp_directory.h"

namespace mab::assignment {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class JournalDirectoryTest : public ::testing::Test {
 protected:
  TempDirectory temp_;
};

TEST_F(JournalDirectoryTest, MakesTheDirectoryAndItsParentsForTheOwnerAlone) {
  const std::string path = temp_.path() + "/a/b/journal";
  const auto directory = JournalDirectory::Open(path);
  ASSERT_TRUE(directory.ok()) << directory.status();
  EXPECT_EQ((*directory)->path(), path);
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all);
  EXPECT_TRUE((*directory)->Sync().ok());
  EXPECT_GT(*(*directory)->FreeBytes(), 0u);
}

TEST_F(JournalDirectoryTest, LeavesThePermissionsOfOneThatIsThere) {
  const std::string path = temp_.path() + "/journal";
  fs::create_directory(path);
  fs::permissions(path, fs::perms::owner_all | fs::perms::group_read);
  ASSERT_TRUE(JournalDirectory::Open(path).ok());
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all | fs::perms::group_read);
}

TEST_F(JournalDirectoryTest, IsOpenOnceAtATime) {
  auto first = JournalDirectory::Open(temp_.path());
  ASSERT_TRUE(first.ok());
  const absl::Status second = JournalDirectory::Open(temp_.path()).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(second));
  EXPECT_THAT(std::string(second.message()), HasSubstr("is open in another process"));
  // By another name as well.
  const std::string link = temp_.path() + "-link";
  fs::create_symlink(temp_.path(), link);
  EXPECT_TRUE(absl::IsFailedPrecondition(JournalDirectory::Open(link).status()));
  fs::remove(link);

  first->reset();
  EXPECT_TRUE(JournalDirectory::Open(temp_.path()).ok());
}

// Who does not get the lock has no business with what the other one is just writing.
TEST_F(JournalDirectoryTest, RemovesWhatWasNeverCompletedAndOnlyUnderTheLock) {
  auto directory = JournalDirectory::Open(temp_.path());
  ASSERT_TRUE(directory.ok());
  const std::string unfinished = (*directory)->UnfinishedPath();
  WriteFile(unfinished, "half a hea");
  WriteFile((*directory)->SegmentPath(1), "a segment");
  ASSERT_FALSE(JournalDirectory::Open(temp_.path()).ok());
  EXPECT_TRUE(fs::exists(unfinished));

  directory->reset();
  directory = JournalDirectory::Open(temp_.path());
  ASSERT_TRUE(directory.ok());
  EXPECT_FALSE(fs::exists(unfinished));
  EXPECT_TRUE(fs::exists((*directory)->SegmentPath(1)));
}

TEST_F(JournalDirectoryTest, SaysWhatIsNoDirectory) {
  const std::string file = temp_.path() + "/file";
  WriteFile(file, "");
  EXPECT_THAT(std::string(JournalDirectory::Open(file).status().message()), HasSubstr(file));
  EXPECT_FALSE(JournalDirectory::Open(file + "/journal").ok());
}

TEST_F(JournalDirectoryTest, ListsSegmentsInTheOrderOfTheirRecordsAndNothingElse) {
  EXPECT_THAT(*ListSegments(temp_.path()), IsEmpty());
  const std::vector<uint64_t> firsts = {1, 9, 10, 100, 1'000'000'007, UINT64_MAX};
  for (auto first = firsts.rbegin(); first != firsts.rend(); ++first) {
    WriteFile(temp_.path() + "/" + SegmentFileName(*first), std::string(*first % 50, 'x'));
  }
  for (const char* other :
       {"1.log", "checkpoint", "unfinished.tmp", "0000000000000000000a.log",
        "000000000000000000002.log", "00000000000000000002.log.bak", "99999999999999999999.log"}) {
    WriteFile(temp_.path() + "/" + other, "not ours");
  }
  const auto segments = ListSegments(temp_.path());
  ASSERT_TRUE(segments.ok()) << segments.status();
  ASSERT_EQ(segments->size(), firsts.size());
  for (size_t i = 0; i < firsts.size(); ++i) {
    EXPECT_EQ((*segments)[i].first_sequence, firsts[i]);
    EXPECT_EQ((*segments)[i].bytes, firsts[i] % 50);
    EXPECT_EQ((*segments)[i].path, temp_.path() + "/" + SegmentFileName(firsts[i]));
  }
}

TEST_F(JournalDirectoryTest, SaysThatThereIsNoDirectoryToList) {
  const absl::Status missing = ListSegments(temp_.path() + "/none").status();
  EXPECT_TRUE(absl::IsNotFound(missing)) << missing;
}

}  // namespace
}  // namespace mab::assignment
