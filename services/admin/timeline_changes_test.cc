// The changes in a timeline, as the catalog's own entries in the audit log tell them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "admin/experiment_catalog.h"
#include "admin/timeline_codec.h"
#include "admin/timeline_reader.h"
#include "storage/testing/migrated_database.h"

namespace mab::admin {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TimelineChangesPostgresTest : public ::testing::Test {
 protected:
  TimelineChangesPostgresTest() {
    ExperimentChange change;
    change.key = "hero";
    change.name = "Hero";
    change.variants.emplace(3);
    change.variants->at(1).payload_json = absl::StrCat("\"", std::string(500, 'x'), "\"");
    EXPECT_TRUE(catalog_.Create(change, {}).ok());
  }

  void Take(LifecycleAction action, std::string variant = "") {
    clock_.Advance(absl::Minutes(10));
    const auto taken =
        catalog_.Take({.id_or_key = "hero", .etag = "", .actor = {}}, {action, std::move(variant)});
    ASSERT_TRUE(taken.ok()) << taken.status();
    if (variant_keys_.empty()) {
      for (const storage::Variant& v : taken->variants) variant_keys_.push_back(v.key);
    }
  }
  void Update(const ExperimentChange& change) {
    clock_.Advance(absl::Minutes(10));
    const auto updated = catalog_.Update({.id_or_key = "hero", .etag = "", .actor = {}}, change);
    ASSERT_TRUE(updated.ok()) << updated.status();
  }
  mab::v1::GetTimelineResponse Read(const TimelineQuery& query = {.id_or_key = "hero"}) {
    const auto read = ReadTimeline(pool_, query, clock_.Now(), estimates_);
    EXPECT_TRUE(read.ok()) << read.status();
    mab::v1::GetTimelineResponse response;
    if (read.ok()) EncodeTimeline(*read, &response);
    return response;
  }
  // "KIND" or "KIND variant".
  static std::vector<std::string> Changes(const mab::v1::GetTimelineResponse& response) {
    std::vector<std::string> changes;
    for (const mab::v1::ExperimentChange& change : response.changes()) {
      changes.push_back(absl::StrCat(mab::v1::ExperimentChange::Kind_Name(change.kind()),
                                     change.variant_key().empty() ? "" : " ",
                                     change.variant_key()));
    }
    return changes;
  }

  storage::MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
  FakeClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  DelayEstimates estimates_{{}};
  ExperimentCatalog catalog_{{.pool = &pool_, .clock = &clock_}};
  std::vector<std::string> variant_keys_;
};

TEST_F(TimelineChangesPostgresTest, AreTheMarksInTheLifeOfAnExperiment) {
  ExperimentChange floor;
  floor.floor = 0.02;
  Update(floor);
  EXPECT_THAT(Changes(Read()), IsEmpty()) << "a draft";

  Take(LifecycleAction::kStart);
  ExperimentChange renamed;
  renamed.name = "Another name";
  Update(renamed);
  floor.floor = 0.03;
  Update(floor);
  Take(LifecycleAction::kPause);
  Take(LifecycleAction::kResume);
  Take(LifecycleAction::kDisableVariant, variant_keys_[2]);
  Take(LifecycleAction::kComplete, variant_keys_[1]);
  Take(LifecycleAction::kArchive);

  const mab::v1::GetTimelineResponse response = Read();
  EXPECT_THAT(Changes(response),
              ElementsAre("STARTED", "CHANGED", "PAUSED", "RESUMED",
                          absl::StrCat("VARIANT_DISABLED ", variant_keys_[2]),
                          absl::StrCat("COMPLETED ", variant_keys_[1]), "ARCHIVED"));
  EXPECT_EQ(response.changes(0).time().seconds(), 1'800'001'200);
}

TEST_F(TimelineChangesPostgresTest, AreThoseOfThePartThatIsAskedFor) {
  Take(LifecycleAction::kStart);
  const absl::Time start = clock_.Now();
  Take(LifecycleAction::kPause);
  Take(LifecycleAction::kResume);
  EXPECT_THAT(Changes(Read({.id_or_key = "hero", .step = "1m", .start = start + absl::Minutes(5)})),
              ElementsAre("PAUSED", "RESUMED"));
  EXPECT_THAT(Changes(Read({.id_or_key = "hero", .step = "1m", .end = start + absl::Minutes(20)})),
              ElementsAre("STARTED", "PAUSED"));
  // The first row begins before, and shows what happened in it.
  EXPECT_THAT(
      Changes(Read({.id_or_key = "hero", .step = "5m", .start = start + absl::Minutes(12)})),
      ElementsAre("PAUSED", "RESUMED"));
}

}  // namespace
}  // namespace mab::admin
