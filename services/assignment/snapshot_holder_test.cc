#include "assignment/snapshot_holder.h"

#include <gtest/gtest.h>

#include "assignment/testing/sample_snapshot.h"

namespace mab::assignment {
namespace {

TEST(SnapshotHolderTest, WaitsForTheFirst) {
  SnapshotHolder holder;
  EXPECT_EQ(holder.Get(), nullptr);
  EXPECT_FALSE(holder.WaitForFirst(absl::ZeroDuration()));
  const auto snapshot = SampleSnapshot({});
  holder.Set(snapshot);
  EXPECT_TRUE(holder.WaitForFirst(absl::ZeroDuration()));
  EXPECT_EQ(holder.Get(), snapshot);
}

}  // namespace
}  // namespace mab::assignment
