#include "assignment/event_counter.h"

#include <gtest/gtest.h>

#include <map>
#include <thread>
#include <vector>

#include "assignment/testing/fake_journal.h"
#include "assignment/testing/sample_snapshot.h"

namespace mab::assignment {
namespace {

using storage::CountEvent;

class EventCounterTest : public ::testing::Test {
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
  Metrics metrics_;
  EventCounter counter_{&journal_, &clock_, metrics_};
};

TEST_F(EventCounterTest, AppendsOneCountAnExperiment) {
  counter_.AddDuplicate(one_);
  counter_.AddDuplicate(two_);
  counter_.AddDuplicate(one_);
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

TEST_F(EventCounterTest, CountsEachSignOfAMachineByItself) {
  counter_.AddBot(one_, BotSign::kUserAgent);
  counter_.AddBot(one_, BotSign::kRate);
  counter_.AddBot(one_, BotSign::kRate);
  counter_.AddBot(two_, BotSign::kPrefetch);
  counter_.AddDuplicate(one_);
  counter_.Flush();
  std::map<std::pair<ExperimentId, CountEvent::Kind>, uint64_t> counts;
  for (const CountEvent& event : journal_.appended_of<CountEvent>()) {
    counts[{event.experiment_id, event.kind}] += event.count;
  }
  EXPECT_EQ(counts, (decltype(counts){{{one_, CountEvent::Kind::kBotUserAgent}, 1},
                                      {{one_, CountEvent::Kind::kBotRate}, 2},
                                      {{two_, CountEvent::Kind::kBotPrefetch}, 1},
                                      {{one_, CountEvent::Kind::kDuplicateConversion}, 1}}));
  EXPECT_EQ(metrics_.Counter("mab_uncounted_events_total", "", {{"kind", "BOT_RATE"}}).Value(), 2);
}

TEST_F(EventCounterTest, AppendsNothingWhereNothingWasCounted) {
  counter_.Flush();
  counter_.AddDuplicate(one_);
  counter_.Flush();
  counter_.Flush();
  EXPECT_EQ(journal_.appended().size(), 1u);
}

TEST_F(EventCounterTest, CountsFromNothingAfterAFlush) {
  counter_.AddDuplicate(one_);
  counter_.Flush();
  clock_.Advance(absl::Hours(24));
  counter_.AddDuplicate(one_);
  counter_.Flush();
  const std::vector<CountEvent> counts = journal_.appended_of<CountEvent>();
  ASSERT_EQ(counts.size(), 2u);
  EXPECT_EQ(counts[1].count, 1u);
  EXPECT_EQ(counts[1].at, SampleTime() + absl::Hours(24));
}

TEST_F(EventCounterTest, KeepsWhatTheJournalRefuses) {
  journal_.SetFull(true);
  counter_.AddDuplicate(one_);
  counter_.AddDuplicate(two_);
  counter_.Flush();
  counter_.AddDuplicate(one_);
  counter_.Flush();
  EXPECT_TRUE(journal_.appended().empty());
  journal_.SetFull(false);
  counter_.Flush();
  EXPECT_EQ(Appended(), (std::map<ExperimentId, uint64_t>{{one_, 2}, {two_, 1}}));
  counter_.Flush();
  EXPECT_EQ(journal_.appended().size(), 2u);
}

TEST_F(EventCounterTest, CountsEachOnceWhileManyAddAndFlush) {
  constexpr int kThreads = 4;
  constexpr uint64_t kAdds = 5000;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([this, i] {
      for (uint64_t add = 0; add < kAdds; ++add) {
        counter_.AddDuplicate(add % 2 == 0 ? one_ : two_);
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
