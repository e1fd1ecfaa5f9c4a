#include "assignment/experiment_lookup.h"

#include <gtest/gtest.h>

#include <string>

#include "assignment/batch.h"
#include "assignment/testing/hot_path.h"
#include "common/error.h"

namespace mab::assignment {
namespace {

constexpr Caller kAllowed = {.origin = "https://shop.example"};
constexpr Caller kOther = {.origin = "https://other.example"};

class AllowedOriginsTest : public ::testing::Test {
 protected:
  AllowedOriginsTest() {
    bound_.allowed_origins = {"http://localhost:8080", "https://shop.example"};
    path_.SetExperiments({bound_, open_});
  }

  bandit::UserHash Ann() const { return path_.user_key.Hash("ann"); }
  absl::Status Assign(const SnapshotExperiment& experiment, const Caller& caller) {
    return path_.assigner.Assign(*path_.snapshot, {experiment.key, Ann(), true, caller}).status();
  }

  HotPath path_;
  SnapshotExperiment bound_ = SampleExperiment(1);
  const SnapshotExperiment open_ = SampleExperiment(2);
};

TEST_F(AllowedOriginsTest, PagesOfOtherSitesAreRefused) {
  for (const char* origin :
       {"https://other.example", "null", "http://shop.example", "https://shop.example:444",
        "https://shop.example.evil.example", "https://shop", "https://shop.example/"}) {
    const absl::Status refused = Assign(bound_, {.origin = origin});
    EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied) << origin;
    EXPECT_EQ(ErrorReason(refused), kReasonOriginNotAllowed) << origin;
  }
  EXPECT_TRUE(path_.journal.appended().empty());
  EXPECT_EQ(path_.sticky_map.size(), 0u);
}

TEST_F(AllowedOriginsTest, PagesOfTheirSitesAndCallersWithoutAPageAreAnswered) {
  EXPECT_TRUE(Assign(bound_, kAllowed).ok());
  EXPECT_TRUE(Assign(bound_, {.origin = "http://localhost:8080"}).ok());
  EXPECT_TRUE(Assign(bound_, {}).ok());
}

TEST_F(AllowedOriginsTest, AnExperimentThatNamesNoneIsOpenToAll) {
  EXPECT_TRUE(Assign(open_, kOther).ok());
  EXPECT_TRUE(Assign(open_, {.origin = "null"}).ok());
}

TEST_F(AllowedOriginsTest, HoldForExposuresAndConversionsOfKnownUsersToo) {
  ASSERT_TRUE(path_.Assign(bound_.key, "ann", /*expose=*/false).ok());
  const auto exposure = [&](const Caller& caller) {
    return path_.exposer.Expose(*path_.snapshot, {bound_.key, Ann(), caller}).status();
  };
  const auto conversion = [&](const Caller& caller) {
    return path_.converter.Convert(*path_.snapshot, {bound_.key, Ann(), {}, "", caller}).status();
  };
  EXPECT_EQ(ErrorReason(exposure(kOther)), kReasonOriginNotAllowed);
  EXPECT_EQ(ErrorReason(conversion(kOther)), kReasonOriginNotAllowed);
  EXPECT_EQ(path_.journal.appended_of<storage::ExposureEvent>().size(), 0u);
  EXPECT_EQ(path_.journal.appended_of<storage::ConversionEvent>().size(), 0u);
  EXPECT_TRUE(exposure(kAllowed).ok());
  EXPECT_TRUE(conversion(kAllowed).ok());
}

TEST_F(AllowedOriginsTest, HoldInEachStateThatAnswers) {
  for (const auto state : {ExperimentState::kPaused, ExperimentState::kCompleted}) {
    bound_.state = state;
    path_.SetExperiments({bound_});
    EXPECT_EQ(ErrorReason(Assign(bound_, kOther)), kReasonOriginNotAllowed);
    EXPECT_TRUE(Assign(bound_, kAllowed).ok());
  }
}

TEST_F(AllowedOriginsTest, AreAnErrorOfTheEntryInABatch) {
  const auto assigned = AssignBatch(path_.assigner, *path_.snapshot,
                                    {Ann(), {bound_.key, open_.key}, true, {}, kOther});
  ASSERT_EQ(assigned.answer.assignments.size(), 1u);
  EXPECT_EQ(assigned.answer.assignments[0].experiment->key, open_.key);
  ASSERT_EQ(assigned.answer.errors.size(), 1u);
  EXPECT_EQ(assigned.answer.errors[0].experiment, bound_.key);
  EXPECT_EQ(ErrorReason(assigned.answer.errors[0].status), kReasonOriginNotAllowed);

  const auto previewed = AssignBatch(path_.assigner, *path_.snapshot,
                                     {Ann(), {bound_.key}, true, {{bound_.key, "b"}}, kOther});
  EXPECT_EQ(previewed.answer.errors.size(), 1u);

  const auto exposed =
      ExposeBatch(path_.exposer, *path_.snapshot, {Ann(), {bound_.key, open_.key}, kOther});
  EXPECT_EQ(exposed.answer.exposures.size(), 1u);
  ASSERT_EQ(exposed.answer.errors.size(), 1u);
  EXPECT_EQ(ErrorReason(exposed.answer.errors[0].status), kReasonOriginNotAllowed);
}

}  // namespace
}  // namespace mab::assignment
