#include "storage/totals_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/event_store.h"
#include "storage/minute_fold.h"
#include "storage/rollup_store.h"
#include "storage/testing/migrated_database.h"
#include "storage/testing/sample_events.h"

namespace mab::storage {
namespace {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const absl::Time kNow = kSampleTime + absl::Hours(1);

// "arm_totals|variant 1, minute …|exposures|2|3"
std::string Line(const TotalsDifference& difference) {
  return absl::StrCat(difference.table, "|", difference.row, "|", difference.column, "|",
                      difference.stored.value_or("none"), "|",
                      difference.recomputed.value_or("none"));
}

std::vector<std::string> Lines(const absl::StatusOr<TotalsReport>& report) {
  EXPECT_TRUE(report.ok()) << report.status();
  std::vector<std::string> lines;
  if (!report.ok()) return lines;
  for (const TotalsDifference& difference : report->first) lines.push_back(Line(difference));
  EXPECT_GE(report->differences, lines.size());
  return lines;
}

class TotalsCheckPostgresTest : public ::testing::Test {
 protected:
  TotalsCheckPostgresTest() : db_(Connect()) {}

  std::unique_ptr<PgConnection> Connect() const {
    auto connection = PgConnection::Connect(database_.url(), absl::Seconds(10));
    EXPECT_TRUE(connection.ok()) << connection.status();
    return *std::move(connection);
  }

  void Drain(std::vector<Event> events) {
    std::vector<SequencedEvent> sequenced;
    const uint64_t after = sequence_;
    for (Event& event : events) sequenced.push_back({++sequence_, std::move(event)});
    const absl::Status drained = pool_.Transaction([&](PgConnection& db) {
      return EventStore::DrainBatch(db, journal_, after, sequenced, kNow);
    });
    ASSERT_TRUE(drained.ok()) << drained;
  }

  // Three exposures in two minutes, one credited conversion, a late one and an uncredited one, a
  // duplicate and a conflict.
  void DrainSomeOfEach() {
    AssignmentEvent next_minute = SampleAssignment(2, true, 0);
    next_minute.assigned_at += absl::Minutes(1);
    ConversionEvent late = SampleConversion(2, 0);
    late.credited = false;
    ConversionEvent uncredited = SampleConversion(4);
    uncredited.credited = false;
    uncredited.exposed_at = std::nullopt;
    Drain({SampleVersionEvent(), SampleAssignment(1), next_minute, SampleAssignment(3),
           SampleAssignment(4, false), SampleConversion(1), late, uncredited, SampleCount(1),
           SampleAssignment(1, true, 0)});
  }

  void Run(const std::string& sql) {
    const auto result = pool_.Execute(sql);
    ASSERT_TRUE(result.ok()) << sql << ": " << result.status();
    ASSERT_GT(result->affected_rows(), 0) << sql;
  }

  absl::StatusOr<TotalsReport> Compare() { return TotalsCheck::Compare(*db_, now_, {}); }
  absl::StatusOr<TotalsReport> Repair() { return TotalsCheck::Repair(*db_, now_, {}); }

  // All rows of all totals, as text.
  std::vector<std::string> AllTotals() {
    std::vector<std::string> rows;
    for (const std::string table :
         {"variant_totals", "arm_totals", "delay_totals", "event_counts"}) {
      const auto result =
          pool_.Execute(absl::StrCat("SELECT t::text AS row FROM mab.", table, " AS t ORDER BY 1"));
      EXPECT_TRUE(result.ok()) << result.status();
      for (int row = 0; result.ok() && row < result->rows(); ++row) {
        rows.emplace_back(result->Text(row, "row"));
      }
    }
    return rows;
  }

  absl::Time now_ = kNow;
  MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
  std::unique_ptr<PgConnection> db_;
  Uuid journal_;
  uint64_t sequence_ = 0;
};

TEST_F(TotalsCheckPostgresTest, FindsNothingInAnEmptyDatabase) {
  EXPECT_THAT(Lines(Compare()), IsEmpty());
  EXPECT_THAT(Lines(Repair()), IsEmpty());
}

TEST_F(TotalsCheckPostgresTest, FindsNothingInWhatTheDrainerWrote) {
  DrainSomeOfEach();
  const auto report = Compare();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->exposures, 3u);
  EXPECT_EQ(report->conversions, 3u);
  EXPECT_EQ(report->differences, 0u);
  const std::vector<std::string> before = AllTotals();
  EXPECT_THAT(Lines(Repair()), IsEmpty());
  EXPECT_EQ(AllTotals(), before);
}

struct Corruption {
  const char* what;
  const char* sql;
  std::vector<std::string> lines;
};

// The sample: variant 0 has one exposure, in minute 11:07; variant 1 has two in 11:06 and a
// credited conversion.
const Corruption kCorruptions[] = {
    {"a variant's exposures are changed",
     "UPDATE mab.variant_totals SET exposures = 7 WHERE variant_index = 1",
     {"variant_totals|variant 1|exposures|7|2"}},
    {"a variant's conversions are changed",
     "UPDATE mab.variant_totals SET conversions = conversions + 1",
     {"variant_totals|variant 0|conversions|1|0", "variant_totals|variant 1|conversions|2|1"}},
    {"a variant is missing",
     "DELETE FROM mab.variant_totals WHERE variant_index = 1",
     {"variant_totals|variant 1|conversions|none|1", "variant_totals|variant 1|exposures|none|2"}},
    {"a variant is surplus",
     "INSERT INTO mab.variant_totals (experiment_id, variant_index, exposures, conversions)"
     " SELECT experiment_id, 11, 4, 0 FROM mab.variant_totals LIMIT 1",
     {"variant_totals|variant 11|exposures|4|none"}},
    {"a minute's exposures are changed",
     "UPDATE mab.arm_totals SET exposures = 9 WHERE exposures = 2",
     {"arm_totals|variant 1, minute 2026-11-18T11:06Z|exposures|9|2"}},
    {"a minute's conversions are changed",
     "UPDATE mab.arm_totals SET conversions = 0 WHERE conversions = 1",
     {"arm_totals|variant 1, minute 2026-11-18T11:06Z|conversions|0|1"}},
    {"a minute's expectation is changed",
     "UPDATE mab.arm_totals SET expected_exposures = 1.5001 WHERE expected_exposures = 1.5",
     {"arm_totals|variant 1, minute 2026-11-18T11:06Z|expected_exposures|1.5001|1.5"}},
    {"a minute's expectation is no number",
     "UPDATE mab.arm_totals SET expected_exposures = 'NaN' WHERE expected_exposures = 1.5",
     {"arm_totals|variant 1, minute 2026-11-18T11:06Z|expected_exposures|NaN|1.5"}},
    {"a minute's expectation is infinite",
     "UPDATE mab.arm_totals SET expected_exposures = '-Infinity' WHERE expected_exposures = 1.5",
     {"arm_totals|variant 1, minute 2026-11-18T11:06Z|expected_exposures|-Infinity|1.5"}},
    {"a minute is missing",
     "DELETE FROM mab.arm_totals WHERE exposures = 2",
     {"arm_totals|variant 1, minute 2026-11-18T11:06Z|conversions|none|1",
      "arm_totals|variant 1, minute 2026-11-18T11:06Z|expected_exposures|none|1.5",
      "arm_totals|variant 1, minute 2026-11-18T11:06Z|exposures|none|2"}},
    {"a minute without exposures is missing",
     "DELETE FROM mab.arm_totals WHERE exposures = 0 AND variant_index = 1",
     {"arm_totals|variant 1, minute 2026-11-18T11:07Z|expected_exposures|none|0.75"}},
    {"a minute is surplus",
     "INSERT INTO mab.arm_totals"
     " (experiment_id, variant_index, minute, exposures, expected_exposures, conversions)"
     " SELECT experiment_id, 0, '2026-11-18 11:30Z', 0, 1e-300, 3 FROM mab.arm_totals LIMIT 1",
     {"arm_totals|variant 0, minute 2026-11-18T11:30Z|conversions|3|none"}},
    {"a minute is another variant's",
     "UPDATE mab.arm_totals SET variant_index = 2 WHERE variant_index = 0 AND exposures = 1",
     {"arm_totals|variant 0, minute 2026-11-18T11:07Z|expected_exposures|none|0.25",
      "arm_totals|variant 0, minute 2026-11-18T11:07Z|exposures|none|1",
      "arm_totals|variant 2, minute 2026-11-18T11:07Z|expected_exposures|0.25|none",
      "arm_totals|variant 2, minute 2026-11-18T11:07Z|exposures|1|none"}},
    {"a delay's conversions are changed",
     "UPDATE mab.delay_totals SET conversions = 5",
     {"delay_totals|variant 1, hour 2026-11-18T11:00Z, delay bucket 52|conversions|5|1"}},
    {"a delay is missing",
     "DELETE FROM mab.delay_totals",
     {"delay_totals|variant 1, hour 2026-11-18T11:00Z, delay bucket 52|conversions|none|1"}},
    {"a delay is surplus",
     "INSERT INTO mab.delay_totals (experiment_id, variant_index, hour, delay_bucket, conversions)"
     " SELECT experiment_id, 1, hour, 200, 6 FROM mab.delay_totals",
     {"delay_totals|variant 1, hour 2026-11-18T11:00Z, delay bucket 200|conversions|6|none"}},
    {"a count is changed",
     "UPDATE mab.event_counts SET count = 0 WHERE kind = 'LATE_CONVERSION'",
     {"event_counts|LATE_CONVERSION, 2026-11-18|count|0|1"}},
    {"a count is missing",
     "DELETE FROM mab.event_counts WHERE kind = 'UNCREDITED_CONVERSION'",
     {"event_counts|UNCREDITED_CONVERSION, 2026-11-18|count|none|1"}},
    {"a count is surplus",
     "INSERT INTO mab.event_counts (experiment_id, day, kind, count)"
     " SELECT experiment_id, '2026-11-20', 'LATE_CONVERSION', 8 FROM mab.event_counts LIMIT 1",
     {"event_counts|LATE_CONVERSION, 2026-11-20|count|8|none"}},
};

TEST_F(TotalsCheckPostgresTest, FindsAndMendsEachKindOfDifference) {
  DrainSomeOfEach();
  const std::vector<std::string> right = AllTotals();
  for (const Corruption& corruption : kCorruptions) {
    SCOPED_TRACE(corruption.what);
    Run(corruption.sql);
    const std::vector<std::string> wrong = AllTotals();
    EXPECT_THAT(Lines(Compare()), ElementsAreArray(corruption.lines));
    EXPECT_EQ(AllTotals(), wrong);  // a report changes nothing
    EXPECT_THAT(Lines(Repair()), ElementsAreArray(corruption.lines));
    EXPECT_THAT(Lines(Compare()), IsEmpty());
    EXPECT_EQ(AllTotals(), right);
  }
}

// The rows are what counts, also where they are what is wrong.
TEST_F(TotalsCheckPostgresTest, FollowsTheRows) {
  DrainSomeOfEach();
  Run("DELETE FROM mab.conversions WHERE credited");
  const std::vector<std::string> lines = {
      "variant_totals|variant 1|conversions|1|0",
      "arm_totals|variant 1, minute 2026-11-18T11:06Z|conversions|1|0",
      "delay_totals|variant 1, hour 2026-11-18T11:00Z, delay bucket 52|conversions|1|none"};
  EXPECT_THAT(Lines(Compare()), ElementsAreArray(lines));
  EXPECT_THAT(Lines(Repair()), ElementsAreArray(lines));
  EXPECT_THAT(Lines(Compare()), IsEmpty());
}

TEST_F(TotalsCheckPostgresTest, NamesTheExperimentWhereThereIsOne) {
  DrainSomeOfEach();
  Run("UPDATE mab.delay_totals SET conversions = 5");
  EXPECT_EQ(Compare()->first[0].experiment_id, SampleExperiment());
  EXPECT_EQ(Compare()->first[0].experiment_key, "");
  Run(absl::StrCat(
      "INSERT INTO mab.experiments (id, key, name, description, state, policy, floor,"
      " burn_in_exposures, traffic_share, prior_alpha, prior_beta, conversion_window_seconds,"
      " threshold_of_caring, salt, revision, create_time, update_time) VALUES ('",
      SampleExperiment().ToString(),
      "', 'hero-title', '', '', 'RUNNING', 'FIXED', 0, 0, 1, 1, 1, 60, 0.5,"
      " '\\x00000000000000000000000000000000', 1, now(), now())"));
  EXPECT_EQ(Compare()->first[0].experiment_key, "hero-title");
}

TEST_F(TotalsCheckPostgresTest, LeavesWhatHasNoRowsBehindItAlone) {
  DrainSomeOfEach();
  Run("UPDATE mab.event_counts SET count = 77 WHERE kind = 'DUPLICATE_CONVERSION'");
  Run("UPDATE mab.event_counts SET count = 88 WHERE kind = 'CONFLICT'");
  const std::vector<std::string> before = AllTotals();
  EXPECT_THAT(Lines(Compare()), IsEmpty());
  EXPECT_THAT(Lines(Repair()), IsEmpty());
  EXPECT_EQ(AllTotals(), before);
}

TEST_F(TotalsCheckPostgresTest, TakesARowOfZerosForNoRow) {
  DrainSomeOfEach();
  Run("INSERT INTO mab.variant_totals (experiment_id, variant_index, exposures, conversions)"
      " SELECT experiment_id, 9, 0, 0 FROM mab.variant_totals LIMIT 1");
  EXPECT_THAT(Lines(Compare()), IsEmpty());
}

TEST_F(TotalsCheckPostgresTest, ForgivesExpectationsTheirLastBits) {
  DrainSomeOfEach();
  Run("UPDATE mab.arm_totals SET expected_exposures = expected_exposures * (1 + 9e-10)");
  EXPECT_THAT(Lines(Compare()), IsEmpty());
  Run("UPDATE mab.arm_totals SET expected_exposures = expected_exposures * (1 - 3e-9)");
  EXPECT_EQ(Compare()->differences, 4u);
}

TEST_F(TotalsCheckPostgresTest, TakesTheSmallestAllocations) {
  Drain({SampleVersionEvent({5e-324, 1.0}), SampleAssignment(1)});
  EXPECT_THAT(Lines(Compare()), IsEmpty());
}

// Its version was set aside: the exposure is expected of no variant.
TEST_F(TotalsCheckPostgresTest, ExpectsNothingOfAVersionThatIsNotThere) {
  Drain({SampleAssignment(1)});
  EXPECT_THAT(Lines(Compare()), IsEmpty());
}

TEST_F(TotalsCheckPostgresTest, CountsTheRowsOfErasedVisitors) {
  DrainSomeOfEach();
  for (const std::string table : {"assignments", "exposures", "conversions"}) {
    Run(absl::StrCat("UPDATE mab.", table, " SET erased = true, user_hash = sha256(user_hash)"));
  }
  EXPECT_THAT(Lines(Compare()), IsEmpty());
  EXPECT_THAT(Lines(Repair()), IsEmpty());
}

TEST_F(TotalsCheckPostgresTest, NamesTheFirstDifferencesAndCountsAll) {
  DrainSomeOfEach();
  Run("INSERT INTO mab.variant_totals (experiment_id, variant_index, exposures, conversions)"
      " SELECT experiment_id, 100 + i, 1, 0 FROM generate_series(0, 149) AS i,"
      " (SELECT experiment_id FROM mab.variant_totals LIMIT 1) AS one");
  const auto report = TotalsCheck::Compare(*db_, now_, {.differences_max = 100});
  EXPECT_EQ(report->differences, 150u);
  ASSERT_EQ(report->first.size(), 100u);
  EXPECT_EQ(report->first.front().row, "variant 100");
  EXPECT_EQ(report->first.back().row, "variant 199");
  EXPECT_EQ(TotalsCheck::Repair(*db_, now_, {.differences_max = 1})->differences, 150u);
  EXPECT_THAT(Lines(Compare()), IsEmpty());
}

TEST_F(TotalsCheckPostgresTest, GivesUpARepairWhileABatchHangs) {
  DrainSomeOfEach();
  Run("UPDATE mab.delay_totals SET conversions = 5");
  const auto hanging = Connect();
  ASSERT_TRUE(hanging->Begin("BEGIN").ok());
  ASSERT_TRUE(hanging->Execute("SELECT position FROM mab.journal_positions FOR UPDATE").ok());
  const absl::Status status =
      TotalsCheck::Repair(*db_, now_, {.lock_timeout = absl::Milliseconds(50)}).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("has held mab.journal_positions for 50ms"));
  // A report needs no lock, and nothing was changed.
  EXPECT_EQ(Compare()->differences, 1u);
  ASSERT_TRUE(hanging->Finish(absl::OkStatus()).ok());
  EXPECT_EQ(Repair()->differences, 1u);
  EXPECT_THAT(Lines(Compare()), IsEmpty());
}

TEST_F(TotalsCheckPostgresTest, SaysSoWhenTheConnectionIsLost) {
  (void)db_->Execute("SELECT pg_terminate_backend(pg_backend_pid())");
  EXPECT_TRUE(absl::IsUnavailable(Compare().status()));
  EXPECT_TRUE(absl::IsUnavailable(Repair().status()));
}

// Two days later all of the sample is old: 11:06 and 11:07 are of one hour.
TEST_F(TotalsCheckPostgresTest, ComparesOldMinutesByTheirHourWhetherTheyAreFoldedOrNot) {
  DrainSomeOfEach();
  now_ = kNow + absl::Hours(50);
  EXPECT_THAT(Lines(Compare()), IsEmpty());
  Run("UPDATE mab.arm_totals SET exposures = exposures + 1 WHERE minute = '2026-11-18 11:07Z'");
  const std::vector<std::string> unfolded = {
      "arm_totals|variant 0, hour 2026-11-18T11:00Z|exposures|2|1",
      "arm_totals|variant 1, hour 2026-11-18T11:00Z|exposures|3|2"};
  EXPECT_THAT(Lines(Compare()), ElementsAreArray(unfolded));
  const absl::Status folded = pool_.Transaction(
      [&](PgConnection& db) { return MinuteFold::FoldBatch(db, HoursBefore(now_), {}).status(); });
  ASSERT_TRUE(folded.ok()) << folded;
  EXPECT_THAT(Lines(Compare()), ElementsAreArray(unfolded));
  // A late conversion's minute beside the folded hour belongs to it.
  Run("INSERT INTO mab.arm_totals (experiment_id, variant_index, minute, exposures,"
      " expected_exposures, conversions)"
      " SELECT experiment_id, 1, '2026-11-18 11:30Z', 0, 0, 5 FROM mab.arm_totals LIMIT 1");
  const std::vector<std::string> beside = {
      "arm_totals|variant 0, hour 2026-11-18T11:00Z|exposures|2|1",
      "arm_totals|variant 1, hour 2026-11-18T11:00Z|conversions|6|1",
      "arm_totals|variant 1, hour 2026-11-18T11:00Z|exposures|3|2"};
  EXPECT_THAT(Lines(Compare()), ElementsAreArray(beside));
  EXPECT_THAT(Lines(Repair()), ElementsAreArray(beside));
  EXPECT_THAT(Lines(Compare()), IsEmpty());
}

// Batches come in while reports and repairs are made: none of them sees half a batch, none of them
// makes a batch fail, and at the end every event is counted.
TEST_F(TotalsCheckPostgresTest, IsRightWhileADrainerWorks) {
  constexpr uint64_t kUsers = 2000;
  constexpr uint64_t kUsersOfABatch = 20;
  Drain({SampleVersionEvent()});
  std::atomic<bool> ended = false;
  std::atomic<int> checks = 0;
  std::thread drainer([&] {
    for (uint64_t user = 0; user < kUsers;) {
      // Batches and checks take turns, more or less, however slow either is.
      while (user / kUsersOfABatch > 50 && checks < 4) std::this_thread::yield();
      std::vector<Event> events;
      for (const uint64_t end = user + kUsersOfABatch; user < end; ++user) {
        AssignmentEvent assignment = SampleAssignment(user, true, user % 2);
        assignment.assigned_at += absl::Seconds(user);
        events.emplace_back(assignment);
        ConversionEvent conversion = SampleConversion(user, user % 2);
        conversion.exposed_at = assignment.assigned_at;
        conversion.converted_at = assignment.assigned_at + absl::Seconds(user % 90);
        conversion.credited = user % 3 == 0;
        events.emplace_back(conversion);
      }
      Drain(std::move(events));
    }
    ended = true;
  });
  while (!ended) {
    EXPECT_THAT(Lines(++checks % 2 == 0 ? Repair() : Compare()), IsEmpty());
  }
  drainer.join();
  EXPECT_GE(checks, 4);
  const auto report = Compare();
  EXPECT_EQ(report->differences, 0u);
  EXPECT_EQ(report->exposures, kUsers);
  EXPECT_EQ(report->conversions, kUsers);
}

}  // namespace
}  // namespace mab::storage
