#include "admin/delay_estimates.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "admin/testing/test_experiment.h"
#include "storage/testing/migrated_database.h"

namespace mab::admin {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class DelayEstimatesPostgresTest : public ::testing::Test {
 protected:
  storage::Experiment Insert(const std::string& key, absl::Duration age) {
    storage::Experiment experiment = MakeTestExperiment(key, 2, kNow - age);
    EXPECT_TRUE(InsertExperiment(pool_, experiment).ok());
    return experiment;
  }
  void AddDelays(const storage::Experiment& experiment, int bucket) {
    const auto result = pool_.Execute(
        "INSERT INTO mab.delay_totals (experiment_id, variant_index, hour, delay_bucket,"
        " conversions) VALUES ($1, 0, $2, $3, 1000)",
        {experiment.id, kNow - absl::Hours(24 * 10), bucket});
    ASSERT_TRUE(result.ok()) << result.status();
  }
  std::shared_ptr<const bandit::DelayDistribution> Get(const storage::Experiment& experiment,
                                                       absl::Time now) {
    std::shared_ptr<const bandit::DelayDistribution> delays;
    const absl::Status status = pool_.Transaction([&](PgConnection& db) -> absl::Status {
      auto got = estimates_.Get(db, experiment, now);
      if (got.ok()) delays = *got;
      return got.status();
    });
    EXPECT_TRUE(status.ok()) << status;
    return delays;
  }

  storage::MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
  DelayEstimates estimates_{{.size_max = 3}};
};

TEST_F(DelayEstimatesPostgresTest, EstimatesFromTheTables) {
  const storage::Experiment experiment = Insert("hero", absl::Hours(24 * 20));
  AddDelays(experiment, bandit::DelayBucket(1000));
  const auto delays = Get(experiment, kNow);
  EXPECT_LT(delays->CompletedShare(500), 0.1);
  EXPECT_GT(delays->CompletedShare(2000), 0.9);
}

TEST_F(DelayEstimatesPostgresTest, KeepsAnEstimateForAMinute) {
  const storage::Experiment experiment = Insert("hero", absl::Hours(24 * 20));
  const auto first = Get(experiment, kNow);
  EXPECT_EQ(Get(experiment, kNow + absl::Seconds(59)), first);
  EXPECT_NE(Get(experiment, kNow + absl::Seconds(60)), first);
}

TEST_F(DelayEstimatesPostgresTest, KeepsAnEstimateOfAYoungExperimentForATenthOfItsAge) {
  const storage::Experiment experiment = Insert("hero", absl::Seconds(100));
  const auto first = Get(experiment, kNow);
  EXPECT_EQ(Get(experiment, kNow + absl::Seconds(9)), first);
  EXPECT_NE(Get(experiment, kNow + absl::Seconds(12)), first);
}

TEST_F(DelayEstimatesPostgresTest, ForgetsTheOldestWhereThereAreTooMany) {
  const storage::Experiment first = Insert("first", absl::Hours(24 * 20));
  const auto of_first = Get(first, kNow);
  for (int i = 1; i <= 2; ++i) {
    (void)Get(Insert(absl::StrCat("e", i), absl::Hours(24 * 20)), kNow + absl::Seconds(i));
  }
  EXPECT_EQ(Get(first, kNow + absl::Seconds(3)), of_first);
  (void)Get(Insert("e3", absl::Hours(24 * 20)), kNow + absl::Seconds(3));
  EXPECT_NE(Get(first, kNow + absl::Seconds(4)), of_first);
}

}  // namespace
}  // namespace mab::admin
