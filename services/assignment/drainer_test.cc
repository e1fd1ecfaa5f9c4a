#include "assignment/drainer.h"

#include <gtest/gtest.h>

#include <string>

#include "assignment/journal_metrics.h"
#include "assignment/testing/drainer_fixture.h"

namespace mab::assignment {
namespace {

using DrainerTest = DrainerFixture;

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

}  // namespace
}  // namespace mab::assignment
