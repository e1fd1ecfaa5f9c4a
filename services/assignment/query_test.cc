#include "assignment/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/error.h"

namespace mab::assignment {
namespace {

using testing::ElementsAre;

const storage::UserKey& Key() {
  static const storage::UserKey* const key = new storage::UserKey(std::string(16, 'k'));
  return *key;
}

std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation : ErrorViolations(status)) fields.push_back(violation.field);
  return fields;
}

TEST(QueryTest, HashesTheUser) {
  const auto query = MakeAssignQuery(Key(), "hero", "ann", false);
  ASSERT_TRUE(query.ok());
  EXPECT_EQ(query->experiment, "hero");
  EXPECT_EQ(query->user, Key().Hash("ann"));
  EXPECT_FALSE(query->expose);
}

TEST(QueryTest, NamesEveryFieldThatIsWrong) {
  EXPECT_THAT(FieldsOf(MakeAssignQuery(Key(), "", "", true).status()),
              ElementsAre("experiment", "user_id"));
  EXPECT_THAT(
      FieldsOf(MakeExposeQuery(Key(), std::string(65, 'x'), std::string(257, 'x')).status()),
      ElementsAre("experiment", "user_id"));
  EXPECT_THAT(FieldsOf(MakeConvertQuery(Key(), "", "", std::numeric_limits<double>::infinity(),
                                        std::string(129, 'x'))
                           .status()),
              ElementsAre("experiment", "user_id", "value", "event_id"));
}

TEST(QueryTest, TakesWhatIsJustWithinTheLimits) {
  EXPECT_TRUE(MakeConvertQuery(Key(), std::string(64, 'x'), std::string(256, 'x'), -1e308,
                               std::string(128, 'x'))
                  .ok());
}

TEST(QueryTest, RefusesNumbersThatAreNotFiniteAndNulCharacters) {
  EXPECT_THAT(FieldsOf(MakeConvertQuery(Key(), "e", "u", std::nan(""), "").status()),
              ElementsAre("value"));
  EXPECT_THAT(FieldsOf(MakeConvertQuery(Key(), "e", "u", {}, std::string(1, '\0')).status()),
              ElementsAre("event_id"));
}

TEST(QueryTest, ABatchNamesOneToAHundredExperimentsOnce) {
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) names.push_back(absl::StrCat("e", i));
  EXPECT_TRUE(MakeBatchExposeQuery(Key(), "ann", names).ok());
  names.push_back("e100");
  EXPECT_THAT(FieldsOf(MakeBatchExposeQuery(Key(), "ann", names).status()),
              ElementsAre("experiments"));
  EXPECT_THAT(FieldsOf(MakeBatchExposeQuery(Key(), "", {}).status()),
              ElementsAre("user_id", "experiments"));
  EXPECT_THAT(FieldsOf(MakeBatchAssignQuery(Key(), "ann", {"a", "", "b", "a"}, true, {}).status()),
              ElementsAre("experiments[1]", "experiments[3]"));
}

TEST(QueryTest, AForcedExperimentMustBeAskedFor) {
  EXPECT_THAT(FieldsOf(MakeBatchAssignQuery(Key(), "ann", {"a"}, true, {{"b", "x"}}).status()),
              ElementsAre("force"));
  EXPECT_THAT(
      FieldsOf(
          MakeBatchAssignQuery(Key(), "ann", {"a"}, true, {{"a", std::string(65, 'x')}}).status()),
      ElementsAre("force"));
  EXPECT_TRUE(MakeBatchAssignQuery(Key(), "ann", {"a"}, true, {{"a", "x"}}).ok());
}

}  // namespace
}  // namespace mab::assignment
