#include "common/uuid.h"

#include <gtest/gtest.h>

#include <set>
#include <type_traits>

#include "common/error.h"

namespace mab {
namespace {

TEST(UuidTest, AVersion7HasItsTimeVersionAndVariant) {
  const Uuid uuid = Uuid::NewV7(absl::FromUnixMillis(0x0123456789ab));
  const std::string text = uuid.ToString();
  EXPECT_EQ(text.substr(0, 13), "01234567-89ab");
  EXPECT_EQ(text[14], '7');
  EXPECT_TRUE(text[19] == '8' || text[19] == '9' || text[19] == 'a' || text[19] == 'b') << text;
}

TEST(UuidTest, NewOnesDifferAndAreInTheOrderOfTime) {
  std::set<Uuid> uuids;
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  for (int i = 0; i < 1000; ++i) uuids.insert(Uuid::NewV7(now));
  EXPECT_EQ(uuids.size(), 1000u);
  EXPECT_LT(*uuids.rbegin(), Uuid::NewV7(now + absl::Milliseconds(1)));
}

TEST(UuidTest, TextComesBack) {
  const Uuid uuid = Uuid::NewV7(absl::FromUnixSeconds(1'800'000'000));
  EXPECT_EQ(uuid.ToString().size(), 36u);
  EXPECT_EQ(*Uuid::Parse(uuid.ToString()), uuid);
  EXPECT_EQ(*Uuid::FromBytes(uuid.AsBytes()), uuid);
}

TEST(UuidTest, ReadsBothCasesAndWritesLowerCase) {
  const absl::StatusOr<Uuid> uuid = Uuid::Parse("0198F3C4-5d6e-7F80-9a1B-2c3d4e5f6071");
  ASSERT_TRUE(uuid.ok());
  EXPECT_EQ(uuid->ToString(), "0198f3c4-5d6e-7f80-9a1b-2c3d4e5f6071");
}

TEST(UuidTest, RefusesWhatIsNoUuid) {
  for (const char* text :
       {"", "0198f3c4", "0198f3c4-5d6e-7f80-9a1b-2c3d4e5f607",
        "0198f3c4-5d6e-7f80-9a1b-2c3d4e5f60711", "0198f3c4x5d6e-7f80-9a1b-2c3d4e5f6071",
        "0198f3c4-5d6e-7f80-9a1b-2c3d4e5f607g", "{198f3c4-5d6e-7f80-9a1b-2c3d4e5f607}",
        "0198f3c45d6e7f809a1b2c3d4e5f6071----"}) {
    EXPECT_EQ(Uuid::Parse(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  EXPECT_EQ(ErrorReason(Uuid::Parse("x").status()), kReasonInvalidArgument);
}

TEST(UuidTest, BytesMustBeSixteen) {
  EXPECT_FALSE(Uuid::FromBytes(std::string(15, 'a')).ok());
  EXPECT_TRUE(Uuid::FromBytes(std::string(16, 'a')).ok());
  EXPECT_FALSE(Uuid::FromBytes(std::string(17, 'a')).ok());
}

TEST(UuidTest, OnlyTheNilUuidIsNil) {
  EXPECT_TRUE(Uuid().IsNil());
  EXPECT_FALSE(Uuid::NewV7(absl::UnixEpoch()).IsNil());
}

TEST(TypedIdTest, AVariantIsNoExperiment) {
  static_assert(!std::is_convertible_v<VariantId, ExperimentId>);
  static_assert(!std::is_constructible_v<ExperimentId, VariantId>);
  const Uuid uuid = Uuid::NewV7(absl::UnixEpoch());
  EXPECT_EQ(ExperimentId{uuid}, ExperimentId{uuid});
  EXPECT_EQ(ExperimentId{uuid}.ToString(), uuid.ToString());
}

}  // namespace
}  // namespace mab
