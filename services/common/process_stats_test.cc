#include "common/process_stats.h"

#include <gtest/gtest.h>

#include <string>

namespace mab {
namespace {

TEST(ProcessStatsTest, ResidentMemoryGrowsWithWhatIsTouched) {
  const double before = ResidentMemoryMb();
  EXPECT_GT(before, 1);
  const std::string block(64 << 20, 'x');
  const double after = ResidentMemoryMb();
  EXPECT_EQ(block.back(), 'x');
  EXPECT_GT(after, before + 32);
  EXPECT_LT(after, before + 1024);
}

TEST(ProcessStatsTest, TheLoadAverageIsNotNegative) { EXPECT_GE(LoadAverage(), 0); }

}  // namespace
}  // namespace mab
