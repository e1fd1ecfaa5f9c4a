#include "storage/used_version_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "storage/event_store.h"
#include "storage/testing/migrated_database.h"
#include "storage/testing/sample_events.h"

namespace mab::storage {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class UsedVersionStorePostgresTest : public ::testing::Test {
 protected:
  std::vector<bandit::DrawVersion> Get(const std::vector<uint64_t>& numbers) {
    std::vector<bandit::DrawVersion> versions;
    const absl::Status status = pool_.Transaction([&](PgConnection& db) -> absl::Status {
      const auto read = UsedVersionStore::GetMany(db, SampleExperiment(), numbers);
      if (read.ok()) versions = *read;
      return read.status();
    });
    EXPECT_TRUE(status.ok()) << status;
    return versions;
  }
  void Drain(const VersionEvent& event) {
    ++sequence_;
    const absl::Status status = pool_.Transaction([&](PgConnection& db) {
      const SequencedEvent sequenced{.sequence = sequence_, .event = event};
      return EventStore::DrainBatch(db, Uuid{}, sequence_ - 1, {&sequenced, 1}, kSampleTime);
    });
    ASSERT_TRUE(status.ok()) << status;
  }

  MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
  uint64_t sequence_ = 0;
};

TEST_F(UsedVersionStorePostgresTest, ReadsAVersionAsItWasDrawnFrom) {
  VersionEvent first = SampleVersionEvent();
  VersionEvent second = SampleVersionEvent({1.0 / 3, 2.0 / 3});
  second.version.number = first.version.number + 7;
  second.version.arms[0].posterior.alpha = 0.1 + 0.2;
  second.version.arms[1].eligible = false;
  Drain(first);
  Drain(second);
  const auto versions = Get({second.version.number, 5, first.version.number});
  ASSERT_THAT(versions, SizeIs(2));
  EXPECT_EQ(versions[0], first.version);
  EXPECT_EQ(versions[1], second.version);
  EXPECT_THAT(Get({5}), IsEmpty());
  EXPECT_THAT(Get({}), IsEmpty());
  EXPECT_THAT(Get({~uint64_t{0}, second.version.number}), SizeIs(1));
}

TEST_F(UsedVersionStorePostgresTest, TakesARowThatIsNoVersionForOneWithoutArms) {
  Drain(SampleVersionEvent());
  for (const std::string alteration :
       {"policy = 'CHANCE'", "policy = 'FIXED', alphas = '{1}'", "alphas = '{}', betas = '{}'",
        "variant_ids = '{}'", "policy = 'THOMPSON', alphas = '{NULL,1,1}'",
        "betas = '{{1,1,1},{1,1,1}}'", "variant_ids = '{NULL}'", "eligible = '{t,NULL,f}'"}) {
    const auto result = pool_.Execute("UPDATE mab.versions SET " + alteration);
    ASSERT_TRUE(result.ok()) << result.status();
    const auto versions = Get({kSampleVersion});
    ASSERT_THAT(versions, SizeIs(1)) << alteration;
    EXPECT_THAT(versions[0].arms, IsEmpty()) << alteration;
  }
}

}  // namespace
}  // namespace mab::storage
