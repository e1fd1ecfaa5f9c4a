#include "storage/replay_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bandit/draw.h"
#include "bandit/freeze_version.h"
#include "common/error.h"
#include "storage/event_store.h"
#include "storage/testing/migrated_database.h"
#include "storage/testing/sample_events.h"

namespace mab::storage {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr uint64_t kUsersOfAVersion = 40;

bandit::DrawVersion Freeze(bandit::Policy policy, uint64_t number) {
  std::vector<bandit::ArmState> arms(3);
  for (size_t i = 0; i < arms.size(); ++i) {
    arms[i].exposures = 1000;
    arms[i].posterior = bandit::CountedPosterior({}, 1000, 50 + 5 * i + number % 7);
    arms[i].weight = static_cast<double>(i + 1);
  }
  arms[2].disabled = number % 2 == 1;
  bandit::DrawConfiguration configuration;
  configuration.policy = policy;
  configuration.floor = 0.05;
  configuration.salt[0] = 7;
  bandit::DrawVersion version = bandit::FreezeVersion(configuration, arms);
  version.number = number;
  return version;
}

class ReplayCheckPostgresTest : public ::testing::Test {
 protected:
  ReplayCheckPostgresTest() : db_(Connect()) {}

  std::unique_ptr<PgConnection> Connect() const {
    auto connection = PgConnection::Connect(database_.url(), absl::Seconds(10));
    EXPECT_TRUE(connection.ok()) << connection.status();
    return *std::move(connection);
  }
  void Run(const std::string& sql, const std::vector<PgParam>& params = {}) {
    const auto result = pool_.Execute(sql, params);
    ASSERT_TRUE(result.ok()) << sql << ": " << result.status();
    ASSERT_GT(result->affected_rows(), 0) << sql;
  }
  void AddExperiment(ExperimentId id, const std::string& key) {
    Run("INSERT INTO mab.experiments (id, key, name, description, state, policy, floor,"
        " burn_in_exposures, traffic_share, prior_alpha, prior_beta, conversion_window_seconds,"
        " threshold_of_caring, salt, revision, create_time, update_time)"
        " VALUES ($1, $2, '', '', 'RUNNING', 'THOMPSON', 0, 0, 1, 1, 1, 3600, 0.1,"
        " decode('00000000000000000000000000000000', 'hex'), 1, now(), now())",
        {id, key});
    Run("INSERT INTO mab.variants (id, experiment_id, variant_index, key, name, is_control,"
        " payload, weight)"
        " SELECT gen_random_uuid(), $1, i, 'v' || i, '', i = 0, 'null', 1"
        " FROM generate_series(0, 2) AS i",
        {id});
  }
  // A version, and what users drew from it.
  void Draw(bandit::DrawVersion version, uint64_t users = kUsersOfAVersion,
            ExperimentId id = SampleExperiment()) {
    const auto variants = pool_.Execute(
        "SELECT id FROM mab.variants WHERE experiment_id = $1 ORDER BY variant_index", {id});
    ASSERT_TRUE(variants.ok()) << variants.status();
    for (size_t i = 0; i < version.arms.size(); ++i) {
      version.arms[i].variant_id = VariantId{variants->GetUuid(static_cast<int>(i), "id")};
    }
    std::vector<Event> events = {VersionEvent{.experiment_id = id, .version = version}};
    for (uint64_t i = 0; i < users; ++i) {
      AssignmentEvent assignment = SampleAssignment(++user_);
      const size_t arm = bandit::Draw(version, assignment.user);
      assignment.experiment_id = id;
      assignment.variant_index = static_cast<uint16_t>(arm);
      assignment.version = version.number;
      assignment.propensity = version.arms[arm].allocation;
      events.emplace_back(assignment);
    }
    std::vector<SequencedEvent> sequenced;
    const uint64_t after = sequence_;
    for (Event& event : events) sequenced.push_back({++sequence_, std::move(event)});
    const absl::Status drained = pool_.Transaction([&](PgConnection& db) {
      return EventStore::DrainBatch(db, Uuid{}, after, sequenced, kSampleTime);
    });
    ASSERT_TRUE(drained.ok()) << drained;
  }
  // Versions of each policy.
  void DrawSome(uint64_t versions = 6) {
    AddExperiment(SampleExperiment(), "hero");
    for (uint64_t i = 0; i < versions; ++i) {
      Draw(Freeze(static_cast<bandit::Policy>(i % 3), kSampleVersion + i));
    }
  }
  ReplayReport Replay(const ReplayCheck::Options& options = {}) {
    auto report = ReplayCheck::Run(*db_, options);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *std::move(report) : ReplayReport{};
  }
  ExperimentReplay Only(const ReplayReport& report) {
    EXPECT_THAT(report.experiments, SizeIs(1));
    return report.experiments.size() == 1 ? report.experiments[0] : ExperimentReplay{};
  }

  MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
  std::unique_ptr<PgConnection> db_;
  uint64_t sequence_ = 0;
  uint64_t user_ = 0;
};

TEST_F(ReplayCheckPostgresTest, FindsNothingInAnEmptyDatabase) {
  EXPECT_TRUE(Replay().clean());
  EXPECT_THAT(Replay().experiments, IsEmpty());
}

TEST_F(ReplayCheckPostgresTest, WhatWasDrawnUnderEveryPolicyAgrees) {
  DrawSome();
  for (const int page_rows : {1, 7, 40, 100, 10'000}) {
    SCOPED_TRACE(page_rows);
    const ReplayReport report = Replay({.page_rows = page_rows});
    const ExperimentReplay replay = Only(report);
    EXPECT_EQ(replay.key, "hero");
    EXPECT_EQ(replay.assignments, 6 * kUsersOfAVersion);
    EXPECT_EQ(replay.agreeing, replay.assignments);
    EXPECT_EQ(replay.disagreeing, 0u);
    EXPECT_EQ(replay.versions, 6u);
    EXPECT_EQ(replay.deviating_versions, 0u);
    EXPECT_TRUE(report.clean());
    EXPECT_THAT(report.first, IsEmpty());
  }
}

TEST_F(ReplayCheckPostgresTest, FindsAnAssignmentThatWasAltered) {
  DrawSome();
  Run("UPDATE mab.assignments SET variant_index = 1 - variant_index"
      " WHERE user_hash = (SELECT user_hash FROM mab.assignments WHERE variant_index < 2"
      "   ORDER BY version DESC, user_hash LIMIT 1)");
  const ReplayReport report = Replay({.page_rows = 17});
  EXPECT_FALSE(report.clean());
  EXPECT_EQ(Only(report).disagreeing, 1u);
  EXPECT_EQ(Only(report).agreeing, 6 * kUsersOfAVersion - 1);
  ASSERT_THAT(report.first, SizeIs(1));
  const ReplayDisagreement& one = report.first[0];
  EXPECT_EQ(one.experiment_key, "hero");
  EXPECT_EQ(one.user_hash_prefix.size(), 8u);
  EXPECT_EQ(one.version, kSampleVersion + 5);
  EXPECT_EQ(one.outcome, bandit::ReplayOutcome::kOtherArm);
  EXPECT_EQ(one.drawn_index, static_cast<size_t>(1 - one.variant_index));
  EXPECT_GT(one.drawn_allocation, 0);
}

TEST_F(ReplayCheckPostgresTest, FindsAPropensityThatWasAltered) {
  DrawSome();
  Run("UPDATE mab.assignments SET propensity = propensity + 1e-16 WHERE propensity < 0.3");
  const ReplayReport report = Replay();
  EXPECT_GT(Only(report).disagreeing, 0u);
  EXPECT_EQ(report.first[0].outcome, bandit::ReplayOutcome::kOtherPropensity);
  EXPECT_EQ(report.first[0].drawn_index, static_cast<size_t>(report.first[0].variant_index));
}

TEST_F(ReplayCheckPostgresTest, FindsAVersionThatWasAltered) {
  DrawSome();
  Run("UPDATE mab.versions SET probabilities_best[1] = probabilities_best[1] + 1e-9"
      " WHERE version = $1",
      {kSampleVersion});
  EXPECT_EQ(Only(Replay()).deviating_versions, 1u);
  EXPECT_EQ(Only(Replay()).disagreeing, 0u);
  EXPECT_FALSE(Replay().clean());
  // Nothing can be drawn from it now.
  Run("UPDATE mab.versions SET alphas = '{NaN,1,1}' WHERE version = $1", {kSampleVersion});
  const ReplayReport report = Replay();
  EXPECT_EQ(Only(report).deviating_versions, 1u);
  EXPECT_EQ(Only(report).disagreeing, kUsersOfAVersion);
  EXPECT_EQ(report.first[0].outcome, bandit::ReplayOutcome::kNotDrawable);
  EXPECT_FALSE(report.first[0].drawn_index.has_value());
}

TEST_F(ReplayCheckPostgresTest, FindsAVersionOfOtherVariants) {
  DrawSome();
  for (const std::string ids :
       {"variant_ids[2:3] || variant_ids[1:1]", "variant_ids || variant_ids",
        "array[variant_ids[1], NULL, variant_ids[3]]"}) {
    Run("UPDATE mab.versions SET variant_ids = " + ids + " WHERE version = $1", {kSampleVersion});
    EXPECT_EQ(Only(Replay()).deviating_versions, 1u) << ids;
    EXPECT_FALSE(Replay().clean()) << ids;
  }
}

TEST_F(ReplayCheckPostgresTest, AVariantThatWasAddedSinceIsInNoOlderVersion) {
  DrawSome();
  Run("INSERT INTO mab.variants (id, experiment_id, variant_index, key, name, is_control, payload,"
      " weight) VALUES (gen_random_uuid(), $1, 3, 'later', '', false, 'null', 1)",
      {SampleExperiment()});
  EXPECT_TRUE(Replay().clean());
}

TEST_F(ReplayCheckPostgresTest, GoesOnAfterARowThatCannotBe) {
  DrawSome();
  const auto alter_one = [&](const std::string& change) {
    Run("UPDATE mab.assignments SET " + change +
        " WHERE user_hash = (SELECT user_hash FROM mab.assignments WHERE version > 0"
        "   AND variant_index >= 0 AND assigned_at < 'infinity' AND assigned_at > '0001-01-01'"
        "   LIMIT 1)");
  };
  alter_one("version = -1");
  alter_one("version = -9223372036854775808");
  alter_one("version = 9223372036854775807");
  alter_one("variant_index = -1");
  alter_one("assigned_at = 'infinity'");
  alter_one("assigned_at = '4000-01-01 BC'");
  for (const int page_rows : {1, 2, 17, 10'000}) {
    const ReplayReport report = Replay({.page_rows = page_rows});
    EXPECT_EQ(Only(report).unversioned, 3u) << page_rows;
    EXPECT_EQ(Only(report).disagreeing, 1u) << page_rows;
    EXPECT_EQ(Only(report).agreeing, 6 * kUsersOfAVersion - 4) << page_rows;
    ASSERT_THAT(report.first, SizeIs(1));
    EXPECT_EQ(report.first[0].variant_index, -1);
  }
}

TEST_F(ReplayCheckPostgresTest, CountsWhatHasNoVersionAndWhatWasErased) {
  DrawSome();
  Run("DELETE FROM mab.versions WHERE version = $1", {kSampleVersion + 2});
  Run("UPDATE mab.assignments SET erased = true, user_hash = sha256(user_hash)"
      " WHERE version = $1",
      {kSampleVersion + 3});
  for (const int page_rows : {1, 17, 10'000}) {
    const ReplayReport report = Replay({.page_rows = page_rows});
    EXPECT_EQ(Only(report).unversioned, kUsersOfAVersion);
    EXPECT_EQ(Only(report).erased, kUsersOfAVersion);
    EXPECT_EQ(Only(report).agreeing, 4 * kUsersOfAVersion);
    EXPECT_EQ(Only(report).disagreeing, 0u);
    EXPECT_FALSE(report.clean());
  }
}

TEST_F(ReplayCheckPostgresTest, NamesTheFirstDisagreementsAndCountsAll) {
  DrawSome();
  Run("UPDATE mab.assignments SET propensity = 2");
  const ReplayReport report = Replay({.disagreements_max = 3});
  EXPECT_THAT(report.first, SizeIs(3));
  EXPECT_EQ(Only(report).disagreeing, 6 * kUsersOfAVersion);
}

TEST_F(ReplayCheckPostgresTest, ReplaysOneExperimentOrAll) {
  DrawSome();
  AddExperiment(SampleExperiment(2), "other");
  AddExperiment(SampleExperiment(3), "without-visitors");
  Draw(Freeze(bandit::Policy::kThompson, 5), 9, SampleExperiment(2));
  EXPECT_THAT(Replay().experiments, SizeIs(2));
  EXPECT_EQ(Only(Replay({.experiment = "other"})).assignments, 9u);
  EXPECT_EQ(Only(Replay({.experiment = SampleExperiment(2).ToString()})).assignments, 9u);
  EXPECT_THAT(Replay({.experiment = "without-visitors"}).experiments, IsEmpty());
  const absl::Status unknown = ReplayCheck::Run(*db_, {.experiment = "nowhere"}).status();
  EXPECT_EQ(ErrorReason(unknown), kReasonExperimentNotFound);
  EXPECT_THAT(Replay().experiments, SizeIs(2));  // the connection is good for another
}

TEST_F(ReplayCheckPostgresTest, AHashOfAnotherLengthAgreesWithNothing) {
  DrawSome(1);
  Run("UPDATE mab.assignments SET user_hash = substr(user_hash, 1, 5)"
      " WHERE user_hash = (SELECT user_hash FROM mab.assignments LIMIT 1)");
  EXPECT_EQ(Only(Replay()).disagreeing, 1u);
}

// Printed, and not checked: it is this machine's rate.
TEST_F(ReplayCheckPostgresTest, PrintsItsRate) {
  constexpr uint64_t kVersions = 100, kUsers = 1000;
  AddExperiment(SampleExperiment(), "hero");
  for (uint64_t i = 0; i < kVersions; ++i) {
    Draw(Freeze(bandit::Policy::kThompson, kSampleVersion + i), kUsers);
  }
  const absl::Time begun = absl::Now();
  EXPECT_EQ(Only(Replay()).agreeing, kVersions * kUsers);
  std::printf("%.0f assignments a second\n",
              kVersions * kUsers / absl::ToDoubleSeconds(absl::Now() - begun));
}

}  // namespace
}  // namespace mab::storage
