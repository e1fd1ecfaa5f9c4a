#include "storage/totals_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/testing/migrated_database.h"

namespace mab::storage {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(TotalsStorePostgresTest, ReadsTheTotalsOfTheExperimentsThatAreAskedFor) {
  MigratedDatabase database;
  PgPool pool({.url = database.url()});
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  const ExperimentId asked{Uuid::NewV7(now)};
  const ExperimentId other{Uuid::NewV7(now)};
  for (const ExperimentId& id : {asked, other}) {
    ASSERT_TRUE(pool.Execute("INSERT INTO mab.variant_totals "
                             "(experiment_id, variant_index, exposures, conversions) "
                             "VALUES ($1, 1, 1000000000, 12), ($1, 0, 30, 4)",
                             {id})
                    .ok());
  }

  std::vector<VariantTotals> totals;
  const absl::Status status = pool.Transaction([&](PgConnection& db) -> absl::Status {
    EXPECT_THAT(TotalsStore::GetMany(db, {}).value(), IsEmpty());
    totals = TotalsStore::GetMany(db, {asked}).value();
    return absl::OkStatus();
  });
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_THAT(totals, SizeIs(2));
  EXPECT_EQ(totals[0].experiment_id, asked);
  EXPECT_EQ(totals[0].variant_index, 0u);
  EXPECT_EQ(totals[0].exposures, 30u);
  EXPECT_EQ(totals[0].conversions, 4u);
  EXPECT_EQ(totals[1].variant_index, 1u);
  EXPECT_EQ(totals[1].exposures, 1'000'000'000u);
  EXPECT_EQ(totals[1].conversions, 12u);
}

}  // namespace
}  // namespace mab::storage
