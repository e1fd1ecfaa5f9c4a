#include "assignment/periodic_task.h"

#include <gtest/gtest.h>

#include <atomic>

#include "absl/synchronization/blocking_counter.h"

namespace mab::assignment {
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

TEST(PeriodicTaskTest, WasNeverStarted) {
  PeriodicTask task(absl::Hours(1), [] { FAIL(); });
  task.Stop();
}

}  // namespace
}  // namespace mab::assignment
