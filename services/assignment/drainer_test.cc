// The drainer between a real journal and a real PostgreSQL.

#include "assignment/drainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "assignment/journal_metrics.h"
#include "assignment/testing/temp_directory.h"
#include "assignment/testing/test_journal.h"
#include "common/error.h"
#include "common/testing/postgres_fixture.h"
#include "storage/event_store.h"
#include "storage/testing/migrated_database.h"
#include "storage/testing/sample_events.h"

namespace mab::assignment {
namespace {

using ::testing::HasSubstr;

class DrainerTest : public ::testing::Test {
 protected:
  DrainerTest() : journal_(OpenTestJournal(directory_.path())) {}

  Drainer::Options Options() {
    Drainer::Options options;
    options.database_url = database_.url();
    options.interval = absl::Milliseconds(2);
    options.backoff_min = absl::Milliseconds(2);
    options.backoff_max = absl::Milliseconds(20);
    options.journal = journal_.get();
    options.clock = &clock_;
    options.metrics = &metrics_;
    return options;
  }
  uint64_t Append(const storage::Event& event) { return journal_->Append(event).value_or(0); }
  void AppendUsers(int from, int to) {
    for (int user = from; user < to; ++user) {
      Append(SampleAssignment(user));
      if (user % 10 == 0) Append(SampleConversion(user));
    }
  }
  void ReopenJournal() {
    journal_ = nullptr;
    journal_ = OpenTestJournal(directory_.path());
  }

  // The first column of the first row.
  std::string Value(const std::string& sql) {
    const absl::StatusOr<PgResult> result =
        pool_.Execute(absl::StrCat("SELECT (", sql, ")::text AS value"));
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? std::string(result->Text(0, "value")) : "";
  }
  std::string Totals() {
    return Value(
        "SELECT coalesce(sum(exposures), 0) || ',' || coalesce(sum(conversions), 0)"
        " FROM mab.variant_totals");
  }
  std::string Rows() {
    return Value(
        "SELECT (SELECT count(*) FROM mab.exposures) || ',' ||"
        " (SELECT count(*) FROM mab.conversions)");
  }
  uint64_t Position() {
    const std::string position =
        Value("SELECT coalesce(max(position), 0) FROM mab.journal_positions");
    return std::stoull(position);
  }
  // Until the drainer's thread has done it all.
  void AwaitDrained(const Drainer& drainer) {
    while (drainer.lag_events() > 0) absl::SleepFor(absl::Milliseconds(1));
  }
  double Metric(const std::string& name, const std::string& label_value = "") {
    for (const auto& family : metrics_.registry().Collect()) {
      if (family.name != name) continue;
      for (const auto& metric : family.metric) {
        if (!label_value.empty() &&
            (metric.label.empty() || metric.label[0].value != label_value)) {
          continue;
        }
        return metric.gauge.value + metric.counter.value;
      }
    }
    ADD_FAILURE() << "no metric " << name;
    return -1;
  }

  TempDirectory directory_;
  storage::MigratedDatabase database_;
  PgPool pool_{{.url = database_.url(), .size_max = 2}};
  FakeClock clock_{kSampleTime};
  Metrics metrics_;
  std::unique_ptr<SegmentJournal> journal_;
};

TEST_F(DrainerTest, TakesTheJournalToTheTables) {
  Append(SampleVersionEvent());
  AppendUsers(0, 50);
  Drainer drainer(Options());
  ASSERT_TRUE(drainer.RunOnce().ok());
  EXPECT_EQ(Totals(), "50,5");
  EXPECT_EQ(Rows(), "50,5");
  EXPECT_EQ(drainer.drained(), 56u);
  EXPECT_EQ(drainer.lag_events(), 0u);
  EXPECT_EQ(Position(), 56u);
  EXPECT_EQ(journal_->synced(), 56u);  // PostgreSQL never knows more than the disk
  AppendUsers(50, 60);
  ASSERT_TRUE(drainer.RunOnce().ok());
  EXPECT_EQ(Totals(), "60,6");
}

TEST_F(DrainerTest, AnEmptyJournalIsDrained) {
  Drainer drainer(Options());
  EXPECT_TRUE(drainer.RunOnce().ok());
  EXPECT_EQ(drainer.lag_events(), 0u);
}

TEST_F(DrainerTest, DrainsInBatchesAcrossSegments) {
  auto journal_options = TestJournalOptions(directory_.path());
  journal_options.segment_bytes_max = 1000;
  journal_ = nullptr;
  journal_ = *SegmentJournal::Open(journal_options, IgnoreEvent);
  for (int user = 0; user < 300; ++user) {
    const uint64_t sequence = Append(SampleAssignment(user));
    if (user % 5 != 0) continue;
    ASSERT_TRUE(journal_->WaitWritten(sequence).ok());
  }
  auto options = Options();
  options.batch_events_max = 7;
  Drainer drainer(options);
  ASSERT_TRUE(drainer.RunOnce().ok());
  EXPECT_GT(SegmentsOf(directory_.path()).size(), 10u);
  EXPECT_EQ(Totals(), "300,0");
  EXPECT_GE(Metric("mab_drain_batches_total", "drained"), 43);  // 300 / 7
}

TEST_F(DrainerTest, GoesOnWhereItsPredecessorStopped) {
  AppendUsers(0, 20);
  ASSERT_TRUE(Drainer(Options()).RunOnce().ok());
  AppendUsers(20, 30);
  ReopenJournal();
  AppendUsers(30, 40);
  ASSERT_TRUE(Drainer(Options()).RunOnce().ok());
  ASSERT_TRUE(Drainer(Options()).RunOnce().ok());
  EXPECT_EQ(Totals(), "40,4");
  EXPECT_EQ(Rows(), "40,4");
}

// A predecessor that was committed, and died before it could know.
TEST_F(DrainerTest, SkipsWhatAPredecessorCommittedMeanwhile) {
  AppendUsers(0, 10);
  Append(SampleCount(3));
  Drainer drainer(Options());
  ASSERT_TRUE(drainer.RunOnce().ok());
  // Another one takes the next events; this one still believes in its own position.
  AppendUsers(10, 20);
  Append(SampleCount(3));
  ASSERT_TRUE(Drainer(Options()).RunOnce().ok());
  AppendUsers(20, 30);
  ASSERT_TRUE(drainer.RunOnce().ok());
  EXPECT_EQ(Totals(), "30,3");
  EXPECT_EQ(Value("SELECT sum(count) FROM mab.event_counts"), "6");
}

TEST_F(DrainerTest, BringsADatabaseThatWasSetBackUpToDate) {
  AppendUsers(0, 20);
  Drainer drainer(Options());
  ASSERT_TRUE(drainer.RunOnce().ok());
  const uint64_t early = drainer.drained();
  AppendUsers(20, 40);
  ASSERT_TRUE(drainer.RunOnce().ok());
  // As after a failover to a replica that was behind: rows, totals and position of an earlier
  // moment.
  for (const char* table : {"exposures", "assignments", "conversions"}) {
    ASSERT_TRUE(
        pool_
            .Execute(absl::StrCat("DELETE FROM mab.", table, " WHERE get_byte(user_hash, 8) >= 20"))
            .ok());
  }
  ASSERT_TRUE(pool_.Execute("UPDATE mab.variant_totals SET exposures = 20, conversions = 2").ok());
  ASSERT_TRUE(pool_.Execute("UPDATE mab.journal_positions SET position = $1", {early}).ok());
  AppendUsers(40, 41);
  EXPECT_TRUE(absl::IsAborted(drainer.RunOnce()));
  ASSERT_TRUE(drainer.RunOnce().ok());
  EXPECT_EQ(Totals(), "41,5");
  EXPECT_EQ(Rows(), "41,5");
  EXPECT_EQ(Position(), journal_->written());
}

TEST_F(DrainerTest, SetsAPoisonRecordAsideAndTakesTheRest) {
  AppendUsers(0, 30);
  storage::ConversionEvent poison = SampleConversion(3);
  poison.event_id = "\xff\xfe";
  const uint64_t first = Append(poison);
  AppendUsers(30, 60);
  const uint64_t second = Append(SampleAssignment(1000, true, 40000));
  Drainer drainer(Options());
  ASSERT_TRUE(drainer.RunOnce().ok());
  EXPECT_EQ(Totals(), "60,6");
  EXPECT_EQ(drainer.lag_events(), 0u);
  EXPECT_EQ(Value("SELECT string_agg(sequence || ':' || record_type, ',' ORDER BY sequence) FROM"
                  " mab.set_aside_records"),
            absl::StrCat(first, ":4,", second, ":2"));
  EXPECT_EQ(Metric("mab_journal_set_aside_total"), 2);
  // Once and for all.
  AppendUsers(60, 61);
  ASSERT_TRUE(Drainer(Options()).RunOnce().ok());
  EXPECT_EQ(Value("SELECT count(*) FROM mab.set_aside_records"), "2");
}

TEST_F(DrainerTest, RefusesAnotherDatabase) {
  AppendUsers(0, 5);
  ASSERT_TRUE(Drainer(Options()).RunOnce().ok());
  EXPECT_FALSE(journal_->database_id().IsNil());
  ASSERT_TRUE(pool_
                  .Execute("UPDATE mab.settings SET value = gen_random_uuid()::text"
                           " WHERE key = 'database_id'")
                  .ok());
  Drainer drainer(Options());
  EXPECT_TRUE(absl::IsFailedPrecondition(drainer.RunOnce()));
}

TEST_F(DrainerTest, RefusesADirectoryThatIsAnOlderCopy) {
  AppendUsers(0, 5);
  ASSERT_TRUE(journal_->WaitSynced(journal_->last_appended()).ok());
  TempDirectory copy;
  std::filesystem::copy(directory_.path(), copy.path(), std::filesystem::copy_options::recursive);
  AppendUsers(5, 10);
  ASSERT_TRUE(Drainer(Options()).RunOnce().ok());
  journal_ = nullptr;
  journal_ = OpenTestJournal(copy.path());
  Drainer drainer(Options());
  const absl::Status status = drainer.RunOnce();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("older copy"));
}

TEST_F(DrainerTest, AnOlderCopyStaysRefusedWhenItGrowsPastTheDatabase) {
  AppendUsers(0, 5);
  ASSERT_TRUE(journal_->WaitSynced(journal_->last_appended()).ok());
  TempDirectory copy;
  std::filesystem::copy(directory_.path(), copy.path(), std::filesystem::copy_options::recursive);
  AppendUsers(5, 10);
  ASSERT_TRUE(Drainer(Options()).RunOnce().ok());
  journal_ = nullptr;
  journal_ = OpenTestJournal(copy.path());
  Drainer::Options options = Options();
  options.position_max = journal_->written();
  absl::Notification refused;
  options.on_refused = [&](const absl::Status&) { refused.Notify(); };
  AppendUsers(10, 30);
  Drainer drainer(options);
  drainer.Start();
  refused.WaitForNotification();
  drainer.Stop();
  EXPECT_EQ(Totals(), "10,1");
}

TEST_F(DrainerTest, TheThreadDrainsWhatIsAppended) {
  Drainer drainer(Options());
  drainer.Start();
  for (int round = 0; round < 20; ++round) {
    AppendUsers(round * 10, round * 10 + 10);
    ASSERT_TRUE(journal_->WaitWritten(journal_->last_appended()).ok());
    AwaitDrained(drainer);
  }
  EXPECT_EQ(Totals(), "200,20");
  drainer.Stop();
}

TEST_F(DrainerTest, TellsHowFarTheTablesAreBehind) {
  auto options = Options();
  options.drained_at_least = 3;
  Drainer drainer(options);
  JournalMetrics metrics(metrics_);
  AppendUsers(1, 6);
  ASSERT_TRUE(journal_->WaitSynced(5).ok());
  clock_.Advance(absl::Seconds(40));
  // PostgreSQL has not been asked yet.
  EXPECT_EQ(drainer.lag_events(), 2u);
  EXPECT_EQ(drainer.lag(), absl::Seconds(40));
  metrics.Observe(*journal_, drainer);
  EXPECT_EQ(Metric("mab_journal_lag_events"), 2);
  EXPECT_EQ(Metric("mab_journal_lag_seconds"), 40);
  EXPECT_EQ(Metric("mab_journal_drained_sequence"), 0);
  EXPECT_EQ(Metric("mab_journal_appended_sequence"), 5);
  EXPECT_EQ(Metric("mab_journal_bytes"), 80 + 5 * 81);
  EXPECT_EQ(Metric("mab_journal_accepts"), 1);

  ASSERT_TRUE(drainer.RunOnce().ok());
  EXPECT_EQ(drainer.lag_events(), 0u);
  EXPECT_EQ(drainer.lag(), absl::ZeroDuration());
  ASSERT_TRUE(drainer.RunOnce().ok());  // nothing left: caught up at this moment
  clock_.Advance(absl::Seconds(7));
  AppendUsers(6, 7);
  ASSERT_TRUE(journal_->WaitSynced(6).ok());
  EXPECT_EQ(drainer.lag(), absl::Seconds(7));
  metrics.Observe(*journal_, drainer);
  EXPECT_EQ(Metric("mab_journal_drained_sequence"), 5);
}

TEST_F(DrainerTest, CountsWhatWasRemovedBeforeADatabaseHadIt) {
  AppendUsers(1, 6);
  ASSERT_TRUE(journal_->WaitSynced(5).ok());
  const std::string directory = journal_->directory();
  journal_ = nullptr;
  auto journal_options = TestJournalOptions(directory);
  journal_options.segment_bytes_max = 1;
  journal_ = *SegmentJournal::Open(journal_options, IgnoreEvent);
  AppendUsers(6, 8);
  ASSERT_TRUE(journal_->WaitSynced(7).ok());
  ASSERT_EQ(journal_->Remove({.through = 5, .complete_before = absl::InfiniteFuture()})->count, 1u);
  Drainer drainer(Options());
  ASSERT_TRUE(drainer.RunOnce().ok());
  EXPECT_EQ(Totals(), "2,0");
  EXPECT_EQ(Metric("mab_journal_missing_total"), 5);
}

TEST_F(DrainerTest, StopDoesNotWaitForAServerThatHangs) {
  auto options = Options();
  options.stop_within = absl::Milliseconds(20);
  Drainer drainer(options);
  AppendUsers(0, 10);
  ASSERT_TRUE(journal_->WaitSynced(journal_->last_appended()).ok());
  const absl::Status held = pool_.Transaction([&](PgConnection& db) -> absl::Status {
    const absl::Status locked =
        db.Execute("LOCK TABLE mab.journal_positions IN ACCESS EXCLUSIVE MODE").status();
    drainer.Start();
    const absl::Time began = absl::Now();
    drainer.Stop();
    // The statement would wait ten seconds.
    EXPECT_LT(absl::Now() - began, absl::Seconds(8));
    return locked;
  });
  ASSERT_TRUE(held.ok()) << held;
  EXPECT_GT(drainer.lag_events(), 0u);
}

TEST_F(DrainerTest, StopDrainsWhatIsLeft) {
  auto options = Options();
  options.interval = absl::Hours(1);
  Drainer drainer(options);
  drainer.Start();
  AppendUsers(0, 100);
  journal_->Stop();
  drainer.Stop();
  EXPECT_EQ(Totals(), "100,10");
  drainer.Stop();
}

TEST_F(DrainerTest, CatchesUpWhenPostgresIsBack) {
  auto options = Options();
  Drainer drainer(options);
  drainer.Start();
  AppendUsers(0, 10);
  AwaitDrained(drainer);
  for (int round = 1; round <= 3; ++round) {
    if (round % 2 == 1) {
      PostgresFixture::Get().Stop();
    } else {
      PostgresFixture::Get().Crash();
    }
    // The journal takes events as ever.
    AppendUsers(round * 10, round * 10 + 10);
    ASSERT_TRUE(journal_->WaitSynced(journal_->last_appended()).ok());
    EXPECT_GT(drainer.lag_events(), 0u);
    PostgresFixture::Get().Start();
    AwaitDrained(drainer);
  }
  drainer.Stop();
  EXPECT_EQ(Totals(), "40,4");
  EXPECT_EQ(Rows(), "40,4");
}

// Its connection is cut again and again, at any moment of a transaction.
TEST_F(DrainerTest, CountsOnceHoweverOftenItsConnectionIsCut) {
  auto options = Options();
  options.batch_events_max = 50;
  Drainer drainer(options);
  drainer.Start();
  int cuts = 0;
  for (int round = 0; round < 60; ++round) {
    AppendUsers(round * 50, round * 50 + 50);
    const absl::StatusOr<PgResult> cut = pool_.Execute(
        "SELECT count(pg_terminate_backend(pid)) AS cut FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT "
        "NULL");
    ASSERT_TRUE(cut.ok()) << cut.status();
    cuts += static_cast<int>(cut->Int(0, "cut"));
  }
  ASSERT_TRUE(journal_->WaitWritten(journal_->last_appended()).ok());
  AwaitDrained(drainer);
  drainer.Stop();
  EXPECT_EQ(Totals(), "3000,300");
  EXPECT_EQ(Rows(), "3000,300");
  RecordProperty("cuts", cuts);
}

TEST_F(DrainerTest, StopGivesUpWhenPostgresIsAway) {
  auto options = Options();
  options.database_url = "host=/nonexistent dbname=none";
  Drainer drainer(options);
  drainer.Start();
  AppendUsers(0, 10);
  ASSERT_TRUE(journal_->WaitWritten(journal_->last_appended()).ok());
  drainer.Stop();
  EXPECT_EQ(drainer.drained(), 0u);
  EXPECT_GT(drainer.lag_events(), 0u);
}

}  // namespace
}  // namespace mab::assignment
