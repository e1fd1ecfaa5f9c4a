#include "common/pause.h"

#include <gtest/gtest.h>

#include <thread>

#include "absl/time/clock.h"

namespace mab {
namespace {

TEST(PauseTest, LastsAsLongAsItSays) {
  Pause pause;
  const absl::Time began = absl::Now();
  EXPECT_FALSE(pause.For(absl::Milliseconds(20)));
  EXPECT_GE(absl::Now() - began, absl::Milliseconds(20));
  EXPECT_FALSE(pause.For(absl::ZeroDuration()));
}

TEST(PauseTest, EndsForEver) {
  Pause pause;
  std::thread waiting([&] { EXPECT_TRUE(pause.For(absl::InfiniteDuration())); });
  pause.End();
  waiting.join();
  EXPECT_TRUE(pause.ended());
  EXPECT_TRUE(pause.For(absl::Hours(1)));
}

TEST(PauseTest, IsWokenOnce) {
  Pause pause;
  pause.Wake();
  EXPECT_FALSE(pause.For(absl::Hours(1)));
  std::thread waiting([&] { EXPECT_FALSE(pause.For(absl::Hours(1))); });
  pause.Wake();
  waiting.join();
  EXPECT_FALSE(pause.For(absl::Milliseconds(1)));
  EXPECT_FALSE(pause.ended());
}

}  // namespace
}  // namespace mab
