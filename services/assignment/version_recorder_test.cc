#include "assignment/version_recorder.h"

#include <gtest/gtest.h>

#include "assignment/testing/fake_journal.h"
#include "assignment/testing/sample_snapshot.h"
#include "common/error.h"
#include "storage/event.h"

namespace mab::assignment {
namespace {

class VersionRecorderTest : public testing::Test {
 protected:
  uint64_t Ensure(uint64_t number) {
    const auto sequence = versions_.Ensure(experiment_.id, *SampleVersion(experiment_, number));
    EXPECT_TRUE(sequence.ok()) << sequence.status();
    return *sequence;
  }
  size_t Recorded() const { return journal_.appended_of<storage::VersionEvent>().size(); }

  SnapshotExperiment experiment_ = SampleExperiment();
  FakeJournal journal_;
  VersionRecorder versions_{&journal_};
};

TEST_F(VersionRecorderTest, RecordsEachVersionOnce) {
  EXPECT_EQ(Ensure(1), 1u);
  EXPECT_EQ(Ensure(2), 2u);
  EXPECT_EQ(Ensure(1), 1u);
  EXPECT_EQ(Ensure(2), 2u);
  EXPECT_EQ(Recorded(), 2u);
}

TEST_F(VersionRecorderTest, RecordsAgainWhatCouldNotBeWritten) {
  journal_.HoldWrites();
  Ensure(1);
  journal_.FailUnwritten();
  EXPECT_EQ(Ensure(1), 2u);
  journal_.SetFull(true);
  EXPECT_EQ(Ensure(1), 2u);
  EXPECT_EQ(ErrorReason(versions_.Ensure(experiment_.id, *SampleVersion(experiment_, 2)).status()),
            kReasonJournalFull);
  journal_.SetFull(false);
  EXPECT_EQ(Ensure(2), 3u);
}

TEST_F(VersionRecorderTest, RemembersTheLastFewOnly) {
  for (uint64_t number = 1; number <= 100; ++number) Ensure(number);
  EXPECT_EQ(Ensure(100), 100u);
  EXPECT_EQ(Ensure(93), 93u);
  EXPECT_EQ(Recorded(), 100u);
  // One that is long gone would be recorded again, which changes nothing.
  EXPECT_EQ(Ensure(1), 101u);
}

}  // namespace
}  // namespace mab::assignment
