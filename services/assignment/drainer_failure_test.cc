// What the drainer makes of databases and journals that fail, hang, or do not fit.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "assignment/drainer.h"
#include "assignment/testing/drainer_fixture.h"
#include "common/testing/postgres_fixture.h"
#include "storage/event_store.h"

namespace mab::assignment {
namespace {

using ::testing::HasSubstr;

class DrainerFailureTest : public DrainerFixture {
 protected:
  // The journal is a copy of the directory from before its last records, which the tables have.
  void BecomeAnOlderCopy() {
    AppendUsers(0, 5);
    ASSERT_TRUE(journal_->WaitSynced(journal_->last_appended()).ok());
    std::filesystem::copy(directory_.path(), older_.path(),
                          std::filesystem::copy_options::recursive);
    AppendUsers(5, 10);
    ASSERT_TRUE(Drainer(Options()).RunOnce().ok());
    journal_ = nullptr;
    journal_ = OpenTestJournal(older_.path());
  }
  ~DrainerFailureTest() override { journal_ = nullptr; }  // before its directory

 private:
  TempDirectory older_;
};

// A predecessor that was committed, and died before it could know.
TEST_F(DrainerFailureTest, SkipsWhatAPredecessorCommittedMeanwhile) {
  AppendUsers(0, 10);
  Append(SampleCount(3));
  Drainer drainer(Options());
  ASSERT_TRUE(drainer.RunOnce().ok());
  // Another one takes the next events; this one still believes in its own position.
  AppendUsers(10, 20);
  Append(SampleCount(3));
  ASSERT_TRUE(Drainer(Options()).RunOnce().ok());
  AppendUsers(20, 30);
  EXPECT_TRUE(absl::IsAborted(drainer.RunOnce()));
  ASSERT_TRUE(drainer.RunOnce().ok());
  EXPECT_EQ(Totals(), "30,3");
  EXPECT_EQ(Value("SELECT sum(count) FROM mab.event_counts"), "6");
}

TEST_F(DrainerFailureTest, TwoCopiesOfAJournalDoNotPassForOne) {
  AppendUsers(0, 5);
  Drainer drainer(Options());
  ASSERT_TRUE(drainer.RunOnce().ok());
  TempDirectory copy;
  std::filesystem::copy(directory_.path(), copy.path(), std::filesystem::copy_options::recursive);
  auto other_journal = OpenTestJournal(copy.path());
  auto options = Options();
  options.journal = other_journal.get();
  Drainer other(options);
  ASSERT_TRUE(other.RunOnce().ok());  // both are where the database is
  // The same sequences, of other visitors.
  AppendUsers(10, 15);
  for (int user = 20; user < 25; ++user)
    ASSERT_TRUE(other_journal->Append(SampleAssignment(user)).ok());
  ASSERT_TRUE(drainer.RunOnce().ok());
  EXPECT_TRUE(absl::IsAborted(other.RunOnce()));
  EXPECT_TRUE(absl::IsFailedPrecondition(other.RunOnce()));
  EXPECT_EQ(Totals(), "10,2");
}

TEST_F(DrainerFailureTest, BringsADatabaseThatWasSetBackUpToDate) {
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
  SetBack(early);
  AppendUsers(40, 41);
  EXPECT_TRUE(absl::IsAborted(drainer.RunOnce()));
  ASSERT_TRUE(drainer.RunOnce().ok());
  EXPECT_EQ(Totals(), "41,5");
  EXPECT_EQ(Rows(), "41,5");
  EXPECT_EQ(Position(), journal_->written());
}

TEST_F(DrainerFailureTest, SetsAPoisonRecordAsideAndTakesTheRest) {
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

TEST_F(DrainerFailureTest, RefusesAnotherDatabase) {
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

TEST_F(DrainerFailureTest, RefusesADirectoryThatIsAnOlderCopy) {
  BecomeAnOlderCopy();
  Drainer drainer(Options());
  const absl::Status status = drainer.RunOnce();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("older copy"));
}

TEST_F(DrainerFailureTest, AnOlderCopyStaysRefusedWhenItGrowsPastTheDatabase) {
  BecomeAnOlderCopy();
  AppendUsers(10, 30);
  Drainer::Options options = Options();
  for (int start = 0; start < 2; ++start) {
    absl::Notification refused;
    options.on_refused = [&](const absl::Status&) { refused.Notify(); };
    Drainer drainer(options);
    drainer.Start();
    refused.WaitForNotification();
    drainer.Stop();
  }
  EXPECT_EQ(Totals(), "10,1");
}

TEST_F(DrainerFailureTest, CountsWhatWasRemovedBeforeADatabaseHadIt) {
  AppendUsers(1, 6);
  ASSERT_TRUE(journal_->WaitSynced(5).ok());
  const std::string directory = journal_->directory();
  journal_ = nullptr;
  auto journal_options = TestJournalOptions(directory);
  journal_options.segment_bytes_max = 1;
  journal_ = *SegmentJournal::Open(journal_options, IgnoreEvent);
  AppendUsers(6, 8);
  ASSERT_TRUE(journal_->WaitSynced(7).ok());
  ASSERT_EQ(journal_->Remove({.through = 5, .complete_before = absl::InfiniteFuture()}).count, 1u);
  Drainer drainer(Options());
  ASSERT_TRUE(drainer.RunOnce().ok());
  EXPECT_EQ(Totals(), "2,0");
  EXPECT_EQ(Metric("mab_journal_missing_total"), 5);
  // The same again is nothing new.
  SetBack(2);
  AppendUsers(8, 9);
  EXPECT_TRUE(absl::IsAborted(drainer.RunOnce()));
  ASSERT_TRUE(drainer.RunOnce().ok());
  EXPECT_EQ(Metric("mab_journal_missing_total"), 5);
}

TEST_F(DrainerFailureTest, StopDoesNotWaitForAServerThatHangs) {
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

TEST_F(DrainerFailureTest, CatchesUpWhenPostgresIsBack) {
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
TEST_F(DrainerFailureTest, CountsOnceHoweverOftenItsConnectionIsCut) {
  auto options = Options();
  options.batch_events_max = 50;
  Drainer drainer(options);
  drainer.Start();
  int cuts = 0;
  int rounds = 0;
  for (; rounds < 60 || (cuts == 0 && rounds < 2000); ++rounds) {
    AppendUsers(rounds * 50, rounds * 50 + 50);
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
  const std::string all = absl::StrCat(rounds * 50, ",", rounds * 5);
  EXPECT_EQ(Totals(), all);
  EXPECT_EQ(Rows(), all);
  EXPECT_GT(cuts, 0);
}

TEST_F(DrainerFailureTest, StopGivesUpWhenPostgresIsAway) {
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

TEST_F(DrainerFailureTest, TriesAgainAfterASerializationFailureOrADeadlock) {
  ASSERT_TRUE(pool_
                  .Transaction([](PgConnection& db) {
                    return db.ExecuteScript(
                        "CREATE SEQUENCE attempts;"
                        "CREATE FUNCTION fail_twice() RETURNS trigger LANGUAGE plpgsql AS $$ "
                        "DECLARE attempt bigint := nextval('attempts'); BEGIN"
                        "  IF attempt = 1 THEN RAISE SQLSTATE '40001'; END IF;"
                        "  IF attempt = 2 THEN RAISE SQLSTATE '40P01'; END IF;"
                        "  RETURN NULL; END $$;"
                        "CREATE TRIGGER fails BEFORE INSERT ON mab.conversions"
                        "  FOR EACH STATEMENT EXECUTE FUNCTION fail_twice();");
                  })
                  .ok());
  AppendUsers(0, 30);
  ASSERT_TRUE(journal_->WaitWritten(journal_->last_appended()).ok());
  Drainer drainer(Options());
  drainer.Start();
  AwaitDrained(drainer);
  drainer.Stop();
  EXPECT_EQ(Totals(), "30,3");
  EXPECT_EQ(Rows(), "30,3");
  EXPECT_GE(Metric("mab_drain_batches_total", "failed"), 2);
  EXPECT_EQ(Value("SELECT count(*) FROM mab.set_aside_records"), "0");
}

TEST_F(DrainerFailureTest, APoisonRecordLeavesErasuresInTheirOrder) {
  Append(SampleAssignment(1));
  Append(SampleErasure(1));
  Append(SampleAssignment(2, true, 40000));
  storage::AssignmentEvent again = SampleAssignment(1, true, 0);
  again.assigned_at += absl::Hours(2);
  Append(again);
  ASSERT_TRUE(journal_->WaitSynced(4).ok());
  ASSERT_TRUE(Drainer(Options()).RunOnce().ok());
  EXPECT_EQ(Value("SELECT string_agg(erased || ':' || variant_index, ',' ORDER BY erased) FROM"
                  " mab.assignments"),
            "false:0,true:1");
  EXPECT_EQ(Value("SELECT count(*) FROM mab.set_aside_records"), "1");
}

}  // namespace
}  // namespace mab::assignment
