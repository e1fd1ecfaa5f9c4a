#include "assignment/durable_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "assignment/testing/temp_directory.h"

namespace mab::assignment {
namespace {

TEST(DurableFileTest, IsThereWholeOrNotAtAll) {
  TempDirectory directory;
  const std::string path = directory.path() + "/file";
  EXPECT_EQ(*ReadFile(path, 100), std::nullopt);
  ASSERT_TRUE(WriteFileDurably(path, "first").ok());
  EXPECT_EQ(**ReadFile(path, 100), "first");
  {
    auto writer = DurableFileWriter::Create(path);
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE((*writer)->Append("half").ok());
    // Never committed.
  }
  EXPECT_EQ(**ReadFile(path, 100), "first");
  EXPECT_FALSE(std::filesystem::exists(path + ".tmp"));
  ASSERT_TRUE(WriteFileDurably(path, "").ok());
  EXPECT_EQ(**ReadFile(path, 100), "");
}

TEST(DurableFileTest, AFileBeyondTheLimitIsNotRead) {
  TempDirectory directory;
  const std::string path = directory.path() + "/file";
  ASSERT_TRUE(WriteFileDurably(path, "12345").ok());
  EXPECT_TRUE(ReadFile(path, 5).ok());
  EXPECT_TRUE(absl::IsUnavailable(ReadFile(path, 4).status()));
}

TEST(DurableFileTest, SaysWhatTheSystemSays) {
  TempDirectory directory;
  const absl::Status status = WriteFileDurably(directory.path() + "/nowhere/file", "x");
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_NE(status.message().find("No such file"), absl::string_view::npos);
}

}  // namespace
}  // namespace mab::assignment
