#include "common/periodic_task.h"

#include <gtest/gtest.h>

#include <atomic>

#include "absl/synchronization/blocking_counter.h"

namespace mab {
namespace {

TEST(PeriodicTaskTest, WorksAgainAndAgainUntilItIsStopped) {
  absl::BlockingCounter three(3);
  std::atomic<int> runs = 0;
  PeriodicTask task(absl::Milliseconds(1), [&] {
    if (++runs <= 3) three.DecrementCount();
  });
  task.Start();
  three.Wait();
  task.Stop();
  const int at_stop = runs;
  task.Stop();
  EXPECT_EQ(runs, at_stop);
}

TEST(PeriodicTaskTest, StopsAtOnceHoweverLongTheInterval) {
  PeriodicTask task(absl::Hours(1), [] { FAIL(); });
  task.Start();
  task.Stop();
}

TEST(PeriodicTaskTest, TheFirstTimeMayComeSooner) {
  absl::BlockingCounter once(1);
  PeriodicTask task(
      absl::Hours(1), [&] { once.DecrementCount(); }, absl::Milliseconds(1));
  task.Start();
  once.Wait();
}

TEST(PeriodicTaskTest, StopEndsAPauseOfTheWork) {
  absl::BlockingCounter working(1);
  std::atomic<bool> is_to_stop = false;
  PeriodicTask task(absl::Milliseconds(1), [&] {
    if (is_to_stop) return;
    working.DecrementCount();
    is_to_stop = task.Pause(absl::Hours(1));
  });
  task.Start();
  working.Wait();
  task.Stop();
  EXPECT_TRUE(is_to_stop);
}

TEST(PeriodicTaskTest, WasNeverStarted) {
  PeriodicTask task(absl::Hours(1), [] { FAIL(); });
  task.Stop();
}

}  // namespace
}  // namespace mab
