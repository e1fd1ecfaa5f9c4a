#include "storage/row_retention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/event_store.h"
#include "storage/experiment_store.h"
#include "storage/replay_check.h"
#include "storage/testing/migrated_database.h"
#include "storage/testing/sample_events.h"
#include "storage/totals_check.h"

namespace mab::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const absl::Time kArchived = kSampleTime + absl::Hours(24);
const absl::Time kNow = kArchived + absl::Hours(24 * 30);

class RowRetentionPostgresTest : public ::testing::Test {
 protected:
  void Run(const std::string& sql, const std::vector<PgParam>& params = {}) {
    const auto result = pool_.Execute(sql, params);
    ASSERT_TRUE(result.ok()) << sql << ": " << result.status();
  }
  void AddExperiment(ExperimentId id, const std::string& key, const std::string& state) {
    Run("INSERT INTO mab.experiments (id, key, name, description, state, policy, floor,"
        " burn_in_exposures, traffic_share, prior_alpha, prior_beta, conversion_window_seconds,"
        " threshold_of_caring, salt, revision, create_time, update_time)"
        " VALUES ($1, $2, '', '', $3, 'THOMPSON', 0, 0, 1, 1, 1, 3600, 0.1,"
        " decode('00000000000000000000000000000000', 'hex'), 1, $4, $4)",
        {id, key, state, kArchived});
  }
  // So many users, of whom every tenth converts.
  void Draw(ExperimentId id, uint64_t first, uint64_t users) {
    std::vector<Event> events = {SampleVersionEvent()};
    std::get<VersionEvent>(events[0]).experiment_id = id;
    for (uint64_t user = first; user < first + users; ++user) {
      AssignmentEvent assignment = SampleAssignment(user);
      assignment.experiment_id = id;
      events.push_back(assignment);
      if (user % 10 != 0) continue;
      ConversionEvent conversion = SampleConversion(user);
      conversion.experiment_id = id;
      events.push_back(conversion);
    }
    std::vector<SequencedEvent> sequenced;
    const uint64_t after = sequence_;
    for (Event& event : events) sequenced.push_back({++sequence_, std::move(event)});
    const absl::Status drained = pool_.Transaction([&](PgConnection& db) {
      return EventStore::DrainBatch(db, Uuid{}, after, sequenced, kNow);
    });
    ASSERT_TRUE(drained.ok()) << drained;
  }

  absl::StatusOr<RowRetention::Batch> RetireBatch(
      int rows_max = 10'000, absl::Time archived_before = kNow,
      const std::optional<RowRetention::Position>& position = std::nullopt) {
    RowRetention::Batch batch;
    const absl::Status status = pool_.Transaction([&](PgConnection& db) -> absl::Status {
      auto retired = RowRetention::RetireBatch(
          db, kNow,
          {.archived_before = archived_before, .retention_days = 30, .rows_max = rows_max},
          position);
      if (retired.ok()) batch = *retired;
      return retired.status();
    });
    if (!status.ok()) return status;
    return batch;
  }
  void RetireAll() {
    for (bool done = false; !done;) {
      const auto batch = RetireBatch();
      ASSERT_TRUE(batch.ok()) << batch.status();
      done = batch->done;
    }
  }
  int ClearSetAside(int records_max = 100) {
    int cleared = -1;
    const absl::Status status = pool_.Transaction([&](PgConnection& db) -> absl::Status {
      const auto result = RowRetention::ClearSetAside(db, records_max);
      if (result.ok()) cleared = *result;
      return result.status();
    });
    EXPECT_TRUE(status.ok()) << status;
    return cleared;
  }
  void SetAside(int sequence, ExperimentId id, int record_type = 4) {
    const std::string body =
        absl::StrCat("\x01", std::string(reinterpret_cast<const char*>(id.uuid.bytes.data()), 16),
                     SampleUser(1).AsBytes());
    Run("INSERT INTO mab.set_aside_records VALUES ($1, $2, $3, $4, 'refused', now(), $5)",
        {Uuid{}, sequence, record_type, PgParam::Bytes(body),
         PgParam::Bytes(SampleUser(1).AsBytes())});
  }
  // The sequences of records that were set aside and are as they were.
  std::string SetAsideRecords() {
    return std::string(pool_
                           .Execute("SELECT coalesce(string_agg(sequence::text, ' ' ORDER BY"
                                    " sequence), '') AS kept FROM mab.set_aside_records"
                                    " WHERE user_hash IS NOT NULL AND body <> ''"
                                    " AND error = 'refused'")
                           ->Text(0, "kept"));
  }

  int64_t Count(const std::string& table, ExperimentId id = SampleExperiment()) {
    return pool_
        .Execute(absl::StrCat("SELECT count(*) AS n FROM mab.", table, " WHERE experiment_id = $1"),
                 {id})
        ->Int(0, "n");
  }
  std::vector<int64_t> RawRows(ExperimentId id = SampleExperiment()) {
    return {Count("assignments", id), Count("exposures", id), Count("conversions", id)};
  }
  std::string Totals(ExperimentId id = SampleExperiment()) {
    std::string text;
    for (const char* table : {"variant_totals", "arm_totals", "delay_totals", "versions"}) {
      const auto rows = pool_.Execute(
          absl::StrCat("SELECT string_agg(t::text, '; ' ORDER BY t::text) AS text FROM mab.", table,
                       " AS t WHERE experiment_id = $1"),
          {id});
      absl::StrAppend(&text, rows->Text(0, "text"), "\n");
    }
    return text;
  }
  std::unique_ptr<PgConnection> Connect() {
    return *PgConnection::Connect(database_.url(), absl::Seconds(10));
  }

  MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
  uint64_t sequence_ = 0;
};

TEST_F(RowRetentionPostgresTest, DeletesTheRowsOfAnArchivedExperimentAndNothingElse) {
  AddExperiment(SampleExperiment(1), "old", "ARCHIVED");
  AddExperiment(SampleExperiment(2), "over", "COMPLETED");
  Draw(SampleExperiment(1), 0, 100);
  Draw(SampleExperiment(2), 0, 100);
  const std::string totals = Totals();
  RetireAll();
  EXPECT_THAT(RawRows(), ElementsAre(0, 0, 0));
  EXPECT_EQ(Totals(), totals);
  EXPECT_THAT(RawRows(SampleExperiment(2)), ElementsAre(100, 100, 10));
}

TEST_F(RowRetentionPostgresTest, WaitsUntilItHasBeenArchivedForLongEnough) {
  AddExperiment(SampleExperiment(), "old", "ARCHIVED");
  Draw(SampleExperiment(), 0, 10);
  EXPECT_TRUE(RetireBatch(10, kArchived)->done);
  EXPECT_THAT(RawRows(), ElementsAre(10, 10, 1));
  EXPECT_TRUE(RetireBatch(10, kArchived + absl::Microseconds(1))->marked);
  EXPECT_THAT(RawRows(), ElementsAre(0, 0, 0));
}

TEST_F(RowRetentionPostgresTest, DeletesInBatchesAndMarksBeforeTheFirst) {
  AddExperiment(SampleExperiment(), "old", "ARCHIVED");
  Draw(SampleExperiment(), 0, 100);
  auto batch = RetireBatch(40);
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_TRUE(batch->marked);
  EXPECT_EQ(batch->experiment_key, "old");
  // Of the first 40 visitors in the order of their hashes; four of them had converted.
  EXPECT_EQ(batch->rows, 40u + 40 + 4);
  EXPECT_FALSE(batch->done);
  EXPECT_THAT(RawRows(), ElementsAre(60, 60, 6));
  const auto marked = pool_.Execute("SELECT rows_retire_time FROM mab.experiments");
  EXPECT_EQ(marked->Time(0, "rows_retire_time"), kNow);

  batch = RetireBatch(40);
  EXPECT_FALSE(batch->marked);
  EXPECT_EQ(batch->rows, 84u);
  EXPECT_EQ(RetireBatch(40)->rows, 42u);
  EXPECT_TRUE(RetireBatch(40)->done);

  const auto audit = pool_.Execute(
      "SELECT action, subject_id, after::text AS after, account_id"
      " FROM mab.audit_log WHERE subject_type = 'experiment'");
  ASSERT_EQ(audit->rows(), 1);
  EXPECT_EQ(audit->Text(0, "action"), "experiment.retire_rows");
  EXPECT_EQ(audit->Text(0, "subject_id"), SampleExperiment().ToString());
  EXPECT_THAT(std::string(audit->Text(0, "after")), HasSubstr(R"("retention_days":30})"));
  EXPECT_TRUE(audit->IsNull(0, "account_id"));
}

TEST_F(RowRetentionPostgresTest, LateRecordsMoveTheTotalsAndTheirRowsGoAtTheNextRun) {
  AddExperiment(SampleExperiment(), "old", "ARCHIVED");
  Draw(SampleExperiment(), 0, 100);
  RetireAll();
  Draw(SampleExperiment(), 100, 20);
  EXPECT_THAT(RawRows(), ElementsAre(20, 20, 2));
  const auto batch = RetireBatch();
  EXPECT_FALSE(batch->marked);
  EXPECT_EQ(batch->rows, 42u);
  EXPECT_THAT(RawRows(), ElementsAre(0, 0, 0));
  const auto totals = pool_.Execute("SELECT exposures, conversions FROM mab.variant_totals");
  EXPECT_EQ(totals->Int(0, "exposures"), 120);
  EXPECT_EQ(totals->Int(0, "conversions"), 12);
}

TEST_F(RowRetentionPostgresTest, LeavesLockedRowsToTheNextRunAndWaitsForNobody) {
  AddExperiment(SampleExperiment(), "old", "ARCHIVED");
  Draw(SampleExperiment(), 1, 2);
  const auto other = Connect();
  const absl::Status held = other->Transaction([&](PgConnection& db) -> absl::Status {
    EXPECT_TRUE(db.Execute("SELECT FROM mab.assignments WHERE user_hash = $1 FOR UPDATE",
                           {PgParam::Bytes(SampleUser(1).AsBytes())})
                    .ok());
    EXPECT_EQ(RetireBatch()->rows, 3u);
    EXPECT_TRUE(RetireBatch()->done);
    return absl::OkStatus();
  });
  ASSERT_TRUE(held.ok()) << held;
  EXPECT_EQ(RetireBatch()->rows, 1u);
}

TEST_F(RowRetentionPostgresTest, OfTwoAdminsOneDeletes) {
  AddExperiment(SampleExperiment(), "old", "ARCHIVED");
  const auto other = Connect();
  const absl::Status held = other->Transaction([&](PgConnection& db) -> absl::Status {
    EXPECT_TRUE(db.Execute("SELECT pg_advisory_xact_lock($1)", {RowRetention::kLockKey}).ok());
    const auto batch = RetireBatch();
    EXPECT_TRUE(batch->done);
    EXPECT_FALSE(batch->marked);
    return absl::OkStatus();
  });
  ASSERT_TRUE(held.ok()) << held;
  EXPECT_TRUE(RetireBatch()->marked);
}

TEST_F(RowRetentionPostgresTest, GoesOnBehindTheVisitorsOfTheBatchBefore) {
  AddExperiment(SampleExperiment(), "old", "ARCHIVED");
  Draw(SampleExperiment(), 0, 100);
  auto batch = RetireBatch(40);
  uint64_t rows = batch->rows;
  ASSERT_TRUE(batch->next.has_value());
  // A row of a visitor who was passed by: the batches after do not look there again.
  const RowRetention::Position first = *batch->next;
  Run("INSERT INTO mab.assignments (experiment_id, user_hash, variant_index, version, propensity,"
      " assigned_at) VALUES ($1, '\\x00', 0, 1, 1, now())",
      {SampleExperiment()});
  int batches = 1;
  while (batch.ok() && batch->next.has_value()) {
    EXPECT_FALSE(batch->done);
    batch = RetireBatch(40, kNow, batch->next);
    ASSERT_TRUE(batch.ok()) << batch.status();
    EXPECT_LE(batch->rows, 120u);
    EXPECT_FALSE(batch->marked);
    EXPECT_EQ(batch->experiment_key, "old");
    rows += batch->rows;
    ++batches;
  }
  EXPECT_EQ(batches, 3);
  EXPECT_EQ(rows, 210u);
  EXPECT_THAT(RawRows(), ElementsAre(1, 0, 0));
  EXPECT_FALSE(batch->done);
  // The next round finds it.
  batch = RetireBatch(40);
  EXPECT_EQ(batch->rows, 1u);
  EXPECT_FALSE(batch->next.has_value());
  EXPECT_TRUE(RetireBatch(40)->done);
  // Behind the last visitor there is nothing, and what was found before counts.
  EXPECT_FALSE(RetireBatch(40, kNow, first)->done);
}

TEST_F(RowRetentionPostgresTest, AVisitorsRowsGoTogether) {
  AddExperiment(SampleExperiment(), "old", "ARCHIVED");
  Draw(SampleExperiment(), 0, 100);
  ASSERT_TRUE(RetireBatch(40)->marked);
  EXPECT_EQ(pool_
                .Execute("SELECT count(*) AS n FROM mab.conversions WHERE user_hash NOT IN"
                         " (SELECT user_hash FROM mab.assignments)")
                ->Int(0, "n"),
            0);
}

TEST_F(RowRetentionPostgresTest, ClearsRecordsThatWereSetAsideWheneverThatWas) {
  AddExperiment(SampleExperiment(1), "old", "ARCHIVED");
  AddExperiment(SampleExperiment(2), "over", "COMPLETED");
  AddExperiment(SampleExperiment(3), "new", "ARCHIVED");
  Run("UPDATE mab.experiments SET update_time = $1 WHERE key = 'new'", {kNow});
  SetAside(1, SampleExperiment(1));
  SetAside(2, SampleExperiment(2));
  SetAside(3, SampleExperiment(3));
  EXPECT_EQ(ClearSetAside(), 0);
  RetireAll();
  EXPECT_EQ(ClearSetAside(), 1);
  EXPECT_EQ(SetAsideRecords(), "2 3");
  // When the experiment has no row any more; a version (type 1) is not of a visitor.
  for (int sequence = 4; sequence <= 6; ++sequence) {
    SetAside(sequence, SampleExperiment(1), sequence - 2);
  }
  SetAside(7, SampleExperiment(1), 1);
  EXPECT_TRUE(RetireBatch()->done);
  EXPECT_EQ(ClearSetAside(2), 2);
  EXPECT_EQ(ClearSetAside(2), 1);
  EXPECT_EQ(ClearSetAside(2), 0);
  EXPECT_EQ(SetAsideRecords(), "2 3 7");
}

TEST_F(RowRetentionPostgresTest, TheFunctionRefusesAnExperimentThatLivesOrIsNotMarked) {
  for (const char* state : {"DRAFT", "RUNNING", "PAUSED", "COMPLETED"}) {
    Run("DELETE FROM mab.experiments");
    AddExperiment(SampleExperiment(), "live", state);
    Run("UPDATE mab.experiments SET rows_retire_time = now()");
    for (const char* call : {"retire_rows($1, 10)", "retire_rows_after($1, '', 10)"}) {
      const auto refused = pool_.Execute(absl::StrCat("SELECT mab.", call), {SampleExperiment()});
      EXPECT_THAT(std::string(refused.status().message()), HasSubstr("not to be retired")) << state;
    }
  }
  Run("UPDATE mab.experiments SET state = 'ARCHIVED', rows_retire_time = NULL");
  EXPECT_FALSE(pool_.Execute("SELECT mab.retire_rows($1, 10)", {SampleExperiment()}).ok());
}

TEST_F(RowRetentionPostgresTest, TotalsAreNeitherComparedNorRepairedOnceRowsGo) {
  AddExperiment(SampleExperiment(1), "old", "ARCHIVED");
  AddExperiment(SampleExperiment(2), "over", "COMPLETED");
  Draw(SampleExperiment(1), 0, 100);
  Draw(SampleExperiment(2), 0, 100);
  const std::string totals = Totals();
  // In the middle of it: some rows are gone, others are not.
  ASSERT_TRUE(RetireBatch(40)->marked);
  for (int round = 0; round < 2; ++round) {
    const auto compared = TotalsCheck::Compare(*Connect(), kNow, {});
    ASSERT_TRUE(compared.ok()) << compared.status();
    EXPECT_EQ(compared->differences, 0u);
    EXPECT_EQ(compared->exposures, 100u);
    ASSERT_EQ(compared->retired, 1u);
    EXPECT_EQ(compared->first_retired[0].key, "old");
    EXPECT_EQ(compared->first_retired[0].rows_retire_time, kNow);
    const auto repaired = TotalsCheck::Repair(*Connect(), kNow, {});
    EXPECT_EQ(repaired->differences, 0u);
    EXPECT_EQ(Totals(), totals);
    RetireAll();
  }
  // Of the other experiment a difference is still found and mended, and the audit log says so.
  Run("UPDATE mab.variant_totals SET exposures = exposures + 1");
  EXPECT_EQ(TotalsCheck::Repair(*Connect(), kNow, {})->differences, 1u);
  const auto audit = pool_.Execute(
      "SELECT after::text AS after FROM mab.audit_log WHERE action = 'totals.repair'");
  ASSERT_EQ(audit->rows(), 1);
  EXPECT_EQ(audit->Text(0, "after"), R"({"differences":1})");
}

TEST_F(RowRetentionPostgresTest, AReplaySaysThatRowsAreGone) {
  AddExperiment(SampleExperiment(), "old", "ARCHIVED");
  Draw(SampleExperiment(), 0, 10);
  RetireAll();
  const auto report = ReplayCheck::Run(*Connect(), {});
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->experiments.size(), 1u);
  EXPECT_EQ(report->experiments[0].assignments, 0u);
  EXPECT_EQ(report->experiments[0].rows_retire_time, kNow);
  EXPECT_TRUE(report->clean());
}

}  // namespace
}  // namespace mab::storage
