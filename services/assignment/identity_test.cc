#include "assignment/identity.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "assignment/durable_file.h"
#include "assignment/testing/temp_directory.h"

namespace mab::assignment {
namespace {

TEST(IdentityTest, ReadsBackWhatWasSaved) {
  TempDirectory directory;
  const std::string path = directory.path() + "/identity";
  EXPECT_EQ(*LoadIdentity(path), std::nullopt);
  const Identity identity{*Uuid::Parse("0198f3c4-0000-7000-8000-0000000000db"), "0123abcd"};
  ASSERT_TRUE(SaveIdentity(path, identity).ok());
  EXPECT_EQ(**LoadIdentity(path), identity);
}

TEST(IdentityTest, ADamagedFileIsRefused) {
  TempDirectory directory;
  const std::string path = directory.path() + "/identity";
  for (const char* text : {"", "x", "database_id x\nuser_hash_key_fingerprint y\n",
                           "database_id 0198f3c4-0000-7000-8000-0000000000db\n"}) {
    ASSERT_TRUE(WriteFileDurably(path, text).ok());
    EXPECT_TRUE(absl::IsFailedPrecondition(LoadIdentity(path).status())) << text;
  }
}

}  // namespace
}  // namespace mab::assignment
