#include "storage/minute_fold.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/event_store.h"
#include "storage/rollup_store.h"
#include "storage/testing/migrated_database.h"
#include "storage/testing/sample_events.h"
#include "storage/totals_check.h"

namespace mab::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The start of an hour: everything before it is folded.
const absl::Time kBefore = absl::FromUnixSeconds(1'800'000'000);

class MinuteFoldPostgresTest : public ::testing::Test {
 protected:
  void Run(const std::string& sql, const std::vector<PgParam>& params = {}) {
    const auto result = pool_.Execute(sql, params);
    ASSERT_TRUE(result.ok()) << sql << ": " << result.status();
  }

  // `minutes` after the start of the hour that begins `hours` before kBefore.
  void Add(int hours, int minutes, int variant, int exposures, int conversions, double expected = 0,
           ExperimentId id = SampleExperiment(1)) {
    Run("INSERT INTO mab.arm_totals (experiment_id, variant_index, minute, exposures,"
        " expected_exposures, conversions) VALUES ($1, $2, $3, $4, $5, $6)",
        {id, variant, kBefore - absl::Hours(hours) + absl::Minutes(minutes), exposures, expected,
         conversions});
  }

  absl::StatusOr<MinuteFold::Batch> Fold(const MinuteFold::Options& options = {},
                                         absl::Time before = kBefore) {
    MinuteFold::Batch batch;
    const absl::Status status = pool_.Transaction([&](PgConnection& db) -> absl::Status {
      const auto folded = MinuteFold::FoldBatch(db, before, options);
      if (folded.ok()) batch = *folded;
      return folded.status();
    });
    if (!status.ok()) return status;
    return batch;
  }

  // "experiment 1, variant 0, 02:07: 3 2.5 1" (hours:minutes before kBefore)
  std::vector<std::string> Rows() {
    const auto result = pool_.Execute(
        "SELECT format('experiment %s, variant %s, %s: %s %s %s', right(experiment_id::text, 1),"
        " variant_index, to_char($1::timestamptz - minute, 'HH24:MI'), exposures,"
        " expected_exposures, conversions) AS row"
        " FROM mab.arm_totals ORDER BY experiment_id, minute, variant_index",
        {kBefore});
    EXPECT_TRUE(result.ok()) << result.status();
    std::vector<std::string> rows;
    for (int row = 0; result.ok() && row < result->rows(); ++row) {
      rows.emplace_back(result->Text(row, "row"));
    }
    return rows;
  }

  std::unique_ptr<PgConnection> Connect() const {
    auto connection = PgConnection::Connect(database_.url(), absl::Seconds(10));
    EXPECT_TRUE(connection.ok()) << connection.status();
    return *std::move(connection);
  }

  MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
};

TEST_F(MinuteFoldPostgresTest, HasNothingToDoInAnEmptyTable) {
  const auto batch = Fold();
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_TRUE(batch->done);
  EXPECT_EQ(batch->rows, 0u);
}

TEST_F(MinuteFoldPostgresTest, AddsOldMinutesUpInTheRowOfTheirHour) {
  Add(2, 0, 0, 1, 1, 0.5);
  Add(2, 1, 0, 10, 2, 8);
  Add(2, 59, 0, 100, 3, 64);
  Add(2, 59, 1, 7, 0, 0.25);
  Add(1, 30, 0, 1000, 4, 512);
  Add(0, 0, 0, 5, 0, 1);
  Add(0, 1, 0, 6, 0, 1);
  const auto batch = Fold();
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_EQ(batch->rows, 4u);
  EXPECT_FALSE(batch->done);
  const std::vector<std::string> folded = {
      "experiment 1, variant 0, 02:00: 111 72.5 6", "experiment 1, variant 1, 02:00: 7 0.25 0",
      "experiment 1, variant 0, 01:00: 1000 512 4", "experiment 1, variant 0, 00:00: 5 1 0",
      "experiment 1, variant 0, 00:-01: 6 1 0"};
  EXPECT_EQ(Rows(), folded);
  EXPECT_TRUE(Fold()->done);
  EXPECT_EQ(Rows(), folded);
}

TEST_F(MinuteFoldPostgresTest, AddsWhatComesLaterAtTheNextTime) {
  Add(2, 5, 0, 10, 1, 8);
  ASSERT_TRUE(Fold().ok());
  Add(2, 5, 0, 0, 1);
  Add(2, 0, 1, 0, 3);
  EXPECT_EQ(Fold()->rows, 1u);
  EXPECT_THAT(Rows(), ElementsAre("experiment 1, variant 0, 02:00: 10 8 2",
                                  "experiment 1, variant 1, 02:00: 0 0 3"));
}

TEST_F(MinuteFoldPostgresTest, FoldsOneExperimentABatchOldestFirst) {
  Add(3, 5, 0, 1, 0, 0, SampleExperiment(2));
  Add(2, 5, 0, 1, 0, 0, SampleExperiment(1));
  Add(1, 5, 0, 1, 0, 0, SampleExperiment(2));
  EXPECT_EQ(Fold()->rows, 2u);
  EXPECT_THAT(Rows(), ElementsAre("experiment 1, variant 0, 01:55: 1 0 0",
                                  "experiment 2, variant 0, 03:00: 1 0 0",
                                  "experiment 2, variant 0, 01:00: 1 0 0"));
  EXPECT_EQ(Fold()->rows, 1u);
  EXPECT_TRUE(Fold()->done);
}

TEST_F(MinuteFoldPostgresTest, FoldsNoMoreRowsABatchThanItMay) {
  for (int minute = 0; minute < 12; ++minute) Add(1, minute, minute % 3, 1, 0);
  const MinuteFold::Options options{.rows_max = 5};
  EXPECT_EQ(Fold(options)->rows, 5u);
  EXPECT_EQ(Fold(options)->rows, 5u);
  EXPECT_EQ(Fold(options)->rows, 1u);
  EXPECT_TRUE(Fold(options)->done);
  EXPECT_THAT(Rows(), ElementsAre("experiment 1, variant 0, 01:00: 4 0 0",
                                  "experiment 1, variant 1, 01:00: 4 0 0",
                                  "experiment 1, variant 2, 01:00: 4 0 0"));
}

TEST_F(MinuteFoldPostgresTest, LeavesTheWorkToWhoeverIsAtIt) {
  Add(2, 5, 0, 1, 0);
  const auto other = Connect();
  ASSERT_TRUE(other->Begin("BEGIN").ok());
  ASSERT_TRUE(other->Execute("SELECT pg_advisory_xact_lock($1)", {MinuteFold::kLockKey}).ok());
  EXPECT_TRUE(Fold()->done);
  EXPECT_THAT(Rows(), ElementsAre("experiment 1, variant 0, 01:55: 1 0 0"));
  ASSERT_TRUE(other->Finish(absl::OkStatus()).ok());
  EXPECT_EQ(Fold()->rows, 1u);
}

TEST_F(MinuteFoldPostgresTest, GivesUpWhereABatchOfADrainerHangs) {
  Add(2, 5, 0, 1, 0);
  Run("INSERT INTO mab.journal_positions (journal_id, position, update_time) VALUES ($1, 1, now())",
      {Uuid{}});
  const auto hanging = Connect();
  ASSERT_TRUE(hanging->Begin("BEGIN").ok());
  ASSERT_TRUE(hanging->Execute("SELECT position FROM mab.journal_positions FOR UPDATE").ok());
  const absl::Status status = Fold({.lock_timeout = absl::Milliseconds(50)}).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  ASSERT_TRUE(hanging->Finish(absl::OkStatus()).ok());
  EXPECT_EQ(Fold()->rows, 1u);
}

// Finding what is old must not cost more the more there is.
TEST_F(MinuteFoldPostgresTest, FindsTheOldestByItsIndex) {
  Run("INSERT INTO mab.arm_totals (experiment_id, variant_index, minute, exposures,"
      " expected_exposures, conversions)"
      " SELECT $1, 0, $2::timestamptz - i * interval '1 hour', 1, 1, 0"
      " FROM generate_series(1, 5000) AS i",
      {SampleExperiment(1), kBefore});
  Run("ANALYZE mab.arm_totals");
  const auto plan = pool_.Execute(
      "EXPLAIN SELECT experiment_id, minute FROM mab.arm_totals WHERE minute < $1"
      " AND minute <> date_bin('1 hour', minute, 'epoch') ORDER BY minute LIMIT 1",
      {kBefore});
  ASSERT_TRUE(plan.ok()) << plan.status();
  std::string text;
  for (int row = 0; row < plan->rows(); ++row) {
    absl::StrAppend(&text, plan->Text(row, "QUERY PLAN"), "\n");
  }
  EXPECT_THAT(text, ::testing::HasSubstr("Index Scan using arm_totals_unfolded"));
}

// Two drainers add to minutes that are old already, in any order, while they are folded and
// checked: no batch and no fold fails, no check sees half of either, and in the end every event is
// counted. A property of all interleavings: the seed only fixes the events.
TEST_F(MinuteFoldPostgresTest, LosesNothingThatDrainersAddMeanwhile) {
  constexpr int kDrainers = 2;
  constexpr uint64_t kUsersOfEach = 1500;
  constexpr uint64_t kUsersOfABatch = 15;
  const absl::Time first = kBefore - absl::Hours(6);
  const absl::Time now = kBefore + kMinutesKept;
  const auto drain = [&](const Uuid& journal, uint64_t after, std::vector<Event> events) {
    std::vector<SequencedEvent> sequenced;
    for (Event& event : events) {
      sequenced.push_back({.sequence = after + sequenced.size() + 1, .event = std::move(event)});
    }
    const absl::Status status = pool_.Transaction([&](PgConnection& db) {
      return EventStore::DrainBatch(db, journal, after, sequenced, now);
    });
    EXPECT_TRUE(status.ok()) << status;
    return after + sequenced.size();
  };
  drain(Uuid{}, 0, {SampleVersionEvent()});

  std::atomic<int> ended = 0;
  std::atomic<int> folds = 0;
  std::vector<std::thread> drainers;
  for (int drainer = 0; drainer < kDrainers; ++drainer) {
    drainers.emplace_back([&, drainer] {
      Uuid journal;
      journal.bytes[15] = static_cast<uint8_t>(drainer + 1);
      std::mt19937_64 random(static_cast<uint64_t>(drainer));
      uint64_t sequence = 0;
      for (uint64_t done = 0; done < kUsersOfEach;) {
        // Batches and folds take turns, more or less, however slow either is.
        while (done / kUsersOfABatch > 40 && folds < 5) std::this_thread::yield();
        std::vector<Event> events;
        for (const uint64_t end = done + kUsersOfABatch; done < end; ++done) {
          const uint64_t user = done * kDrainers + static_cast<uint64_t>(drainer);
          AssignmentEvent assignment = SampleAssignment(user, true, user % 2);
          assignment.assigned_at = first + absl::Seconds(random() % (6 * 3600));
          events.emplace_back(assignment);
          if (random() % 2 == 0) continue;
          ConversionEvent conversion = SampleConversion(user, user % 2);
          conversion.exposed_at = assignment.assigned_at;
          conversion.converted_at = assignment.assigned_at + absl::Seconds(random() % 7200);
          events.emplace_back(conversion);
        }
        sequence = drain(journal, sequence, std::move(events));
      }
      ++ended;
    });
  }
  const auto db = Connect();
  uint64_t folded = 0;
  const auto check = [&] {
    const auto report = TotalsCheck::Compare(*db, now, {});
    EXPECT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->differences, 0u);
    return *report;
  };
  while (ended < kDrainers) {
    const auto batch = Fold({.rows_max = 100});
    ASSERT_TRUE(batch.ok()) << batch.status();
    folded += batch->rows;
    if (++folds % 8 == 0) check();
  }
  for (std::thread& drainer : drainers) drainer.join();
  EXPECT_GT(folded, 100u);
  while (!Fold()->done) {
  }
  EXPECT_EQ(check().exposures, kDrainers * kUsersOfEach);
  // 6 hours of 2 variants, and nothing else.
  EXPECT_EQ(Rows().size(), 12u);
}

}  // namespace
}  // namespace mab::storage
