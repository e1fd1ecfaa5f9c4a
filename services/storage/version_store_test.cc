#include "storage/version_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "storage/experiment_store.h"
#include "storage/testing/migrated_database.h"

namespace mab::storage {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

Experiment MakeExperiment(const std::string& key) {
  Experiment experiment;
  experiment.id = ExperimentId{Uuid::NewV7(kNow)};
  experiment.key = key;
  experiment.name = key;
  experiment.revision = 1;
  experiment.create_time = experiment.update_time = kNow;
  for (const char* variant_key : {"a", "b"}) {
    experiment.variants.push_back(Variant{.id = VariantId{Uuid::NewV7(kNow)},
                                          .key = variant_key,
                                          .name = variant_key,
                                          .is_control = experiment.variants.empty()});
  }
  return experiment;
}

// Doubles that have no short decimal text, and both ends of what is possible.
bandit::DrawVersion MakeVersion(const Experiment& experiment, uint64_t number) {
  bandit::DrawVersion version;
  version.number = number;
  version.policy = bandit::Policy::kTopTwoThompson;
  version.floor = 1.0 / 3.0;
  version.salt.fill(0xfe);
  version.sampler_id = 7;
  version.arms = {bandit::DrawArm{.variant_id = experiment.variants[0].id,
                                  .eligible = false,
                                  .posterior = {.alpha = 0.1, .beta = 1e9 + 0.7},
                                  .weight = 0,
                                  .probability_best = 5e-324,
                                  .allocation = 0},
                  bandit::DrawArm{.variant_id = experiment.variants[1].id,
                                  .eligible = true,
                                  .posterior = {.alpha = 2.0 / 3.0, .beta = 1e6},
                                  .weight = 1,
                                  .probability_best = 0.1 + 0.2,
                                  .allocation = 0.9999999999999999}};
  return version;
}

class VersionStorePostgresTest : public ::testing::Test {
 protected:
  VersionStorePostgresTest() : pool_({.url = database_.url()}) {
    Transaction([this](PgConnection& db) {
      EXPECT_TRUE(ExperimentStore::Insert(db, first_).ok());
      return ExperimentStore::Insert(db, second_);
    });
  }

  void Transaction(const std::function<absl::Status(PgConnection&)>& body) {
    const absl::Status status = pool_.Transaction(body);
    ASSERT_TRUE(status.ok()) << status;
  }

  MigratedDatabase database_;
  PgPool pool_;
  const Experiment first_ = MakeExperiment("first");
  const Experiment second_ = MakeExperiment("second");
};

TEST_F(VersionStorePostgresTest, GivesBackEveryBitOfAVersion) {
  const bandit::DrawVersion version = MakeVersion(first_, 1'800'000'000'123);
  Transaction([&](PgConnection& db) { return VersionStore::Upsert(db, first_.id, version); });
  Transaction([&](PgConnection& db) {
    const auto read = VersionStore::GetMany(db, {first_.id, second_.id});
    EXPECT_TRUE(read.ok()) << read.status();
    EXPECT_THAT(*read, SizeIs(1));
    EXPECT_EQ(read->at(0).experiment_id, first_.id);
    EXPECT_EQ(read->at(0).version, version);
    return read.status();
  });
}

TEST_F(VersionStorePostgresTest, KeepsOneVersionAnExperimentTheLatest) {
  Transaction([&](PgConnection& db) {
    EXPECT_TRUE(VersionStore::Upsert(db, first_.id, MakeVersion(first_, 10)).ok());
    EXPECT_TRUE(VersionStore::Upsert(db, second_.id, MakeVersion(second_, 11)).ok());
    return VersionStore::Upsert(db, first_.id, MakeVersion(first_, 12));
  });
  Transaction([&](PgConnection& db) {
    const auto numbers = VersionStore::ListNumbers(db);
    EXPECT_TRUE(numbers.ok()) << numbers.status();
    EXPECT_THAT(*numbers, SizeIs(2));
    for (const VersionNumber& row : *numbers) {
      EXPECT_EQ(row.number, row.experiment_id == first_.id ? 12u : 11u);
    }
    return numbers.status();
  });
}

TEST_F(VersionStorePostgresTest, RefusesANumberThatDoesNotGrow) {
  Transaction([&](PgConnection& db) {
    EXPECT_TRUE(VersionStore::Upsert(db, first_.id, MakeVersion(first_, 10)).ok());
    for (const uint64_t number : {10, 9}) {
      const absl::Status status = VersionStore::Upsert(db, first_.id, MakeVersion(first_, number));
      EXPECT_EQ(status.code(), absl::StatusCode::kAborted) << number;
    }
    return absl::OkStatus();
  });
}

TEST_F(VersionStorePostgresTest, AnswersNothingForNothing) {
  Transaction([&](PgConnection& db) {
    EXPECT_THAT(VersionStore::ListNumbers(db).value(), IsEmpty());
    EXPECT_THAT(VersionStore::GetMany(db, {}).value(), IsEmpty());
    return absl::OkStatus();
  });
}

}  // namespace
}  // namespace mab::storage
