#include "common/log_throttle.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace mab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::chrono::steady_clock::time_point kNow{seconds(1000)};

TEST(LogThrottleTest, WritesAFewASecondAndSaysHowManyWereLeftOut) {
  LogThrottle throttle(3);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(throttle.Admit(kNow + milliseconds(i)), 0);
  for (int i = 0; i < 7; ++i) EXPECT_EQ(throttle.Admit(kNow + milliseconds(900)), std::nullopt);
  EXPECT_EQ(throttle.Admit(kNow + seconds(1)), 7);
  EXPECT_EQ(throttle.Admit(kNow + seconds(1)), 0);
}

TEST(LogThrottleTest, CountsEachLineOfManyThreadsOnce) {
  LogThrottle throttle(5);
  std::atomic<int64_t> written{0};
  std::atomic<int64_t> omitted{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        const std::optional<int64_t> before = throttle.Admit(kNow);
        if (before.has_value()) {
          ++written;
          omitted += *before;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(written, 5);
  EXPECT_EQ(omitted + throttle.Admit(kNow + seconds(1)).value(), 3995);
}

}  // namespace
}  // namespace mab
