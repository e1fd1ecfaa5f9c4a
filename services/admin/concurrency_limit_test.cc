#include "admin/concurrency_limit.h"

#include <gtest/gtest.h>

#include <optional>
#include <thread>

#include "common/error.h"

namespace mab::admin {
namespace {

void WaitUntilWaiting(const ConcurrencyLimit& limit, int count) {
  while (limit.waiting() != count) std::this_thread::yield();
}

TEST(ConcurrencyLimitTest, LetsAsManyInAsItSays) {
  ConcurrencyLimit limit(/*running_max=*/2, /*waiting_max=*/0);
  const auto first = limit.Enter();
  std::optional<absl::StatusOr<ConcurrencyLimit::Ticket>> second = limit.Enter();
  ASSERT_TRUE(first.ok() && second->ok());

  const absl::Status refused = limit.Enter().status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ErrorReason(refused), kReasonOverloaded);
  EXPECT_TRUE(ErrorRetryAfter(refused).has_value());

  second.reset();
  EXPECT_TRUE(limit.Enter().ok());
}

TEST(ConcurrencyLimitTest, AWaiterComesInWhenAPlaceIsFree) {
  ConcurrencyLimit limit(/*running_max=*/1, /*waiting_max=*/1);
  std::optional<absl::StatusOr<ConcurrencyLimit::Ticket>> holder = limit.Enter();
  std::thread waiter([&limit] { EXPECT_TRUE(limit.Enter().ok()); });
  WaitUntilWaiting(limit, 1);

  EXPECT_EQ(ErrorReason(limit.Enter().status()), kReasonOverloaded) << "one too many may wait";

  holder.reset();
  waiter.join();
  EXPECT_EQ(limit.waiting(), 0);
}

}  // namespace
}  // namespace mab::admin
