#include "assignment/duplicate_counter.h"

#include <gtest/gtest.h>

#include <map>
#include <thread>
#include <vector>

#include "assignment/testing/fake_journal.h"
#include "assignment/testing/sample_snapshot.h"

namespace mab::assignment {
namespace {

using storage::CountEvent;

class DuplicateCounterTest : public ::testing::Test {
 protected:
  std::map<ExperimentId, uint64_t> Appended() const {
    std::map<ExperimentId, uint64_t> counts;
    for (const CountEvent& event : journal_.appended_of<CountEvent>()) {
      counts[event.experiment_id] += event.count;
    }
    return counts;
  }

  const ExperimentId one_ = SampleExperimentId(1);
  const ExperimentId two_ = SampleExperimentId(2);
  FakeClock clock_{SampleTime() + absl::Nanoseconds(700)};
  FakeJournal journal_;
  DuplicateCounter counter_{&journal_, &clock_};
};

TEST_F(DuplicateCounterTest, AppendsOneCountAnExperiment) {
  counter_.Add(one_);
  counter_.Add(two_);
  counter_.Add(one_);
  EXPECT_TRUE(journal_.appended().empty());  // nothing before the flush
  counter_.Flush();
  const std::vector<CountEvent> counts = journal_.appended_of<CountEvent>();
  ASSERT_EQ(counts.size(), 2u);
  for (const CountEvent& count : counts) {
    EXPECT_EQ(count.kind, CountEvent::Kind::kDuplicateConversion);
    EXPECT_EQ(count.at, SampleTime());  // in microseconds, as it is read back
    EXPECT_EQ(count.count, count.experiment_id == one_ ? 2u : 1u);
  }
}

TEST_F(DuplicateCounterTest, AppendsNothingWhereNothingWasCounted) {
  counter_.Flush();
  counter_.Add(one_);
  counter_.Flush();
  counter_.Flush();
  EXPECT_EQ(journal_.appended().size(), 1u);
}

TEST_F(DuplicateCounterTest, CountsFromNothingAfterAFlush) {
  counter_.Add(one_);
  counter_.Flush();
  clock_.Advance(absl::Hours(24));
  counter_.Add(one_);
  counter_.Flush();
  const std::vector<CountEvent> counts = journal_.appended_of<CountEvent>();
  ASSERT_EQ(counts.size(), 2u);
  EXPECT_EQ(counts[1].count, 1u);
  EXPECT_EQ(counts[1].at, SampleTime() + absl::Hours(24));
}

TEST_F(DuplicateCounterTest, KeepsWhatTheJournalRefuses) {
  journal_.SetFull(true);
  counter_.Add(one_);
  counter_.Add(two_);
  counter_.Flush();
  counter_.Add(one_);
  counter_.Flush();
  EXPECT_TRUE(journal_.appended().empty());
  journal_.SetFull(false);
  counter_.Flush();
  EXPECT_EQ(Appended(), (std::map<ExperimentId, uint64_t>{{one_, 2}, {two_, 1}}));
  counter_.Flush();
  EXPECT_EQ(journal_.appended().size(), 2u);
}

TEST_F(DuplicateCounterTest, CountsEachOnceWhileManyAddAndFlush) {
  constexpr int kThreads = 4;
  constexpr uint64_t kAdds = 5000;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([this, i] {
      for (uint64_t add = 0; add < kAdds; ++add) {
        counter_.Add(add % 2 == 0 ? one_ : two_);
        if (add % 64 == 0) journal_.SetFull(i % 2 == 0);
        if (add % 16 == 0) counter_.Flush();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  journal_.SetFull(false);
  counter_.Flush();
  const uint64_t half = kThreads * kAdds / 2;
  EXPECT_EQ(Appended(), (std::map<ExperimentId, uint64_t>{{one_, half}, {two_, half}}));
}

}  // namespace
}  // namespace mab::assignment
