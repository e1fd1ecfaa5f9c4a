#include "admin/concurrency_limit.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

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

TEST(ConcurrencyLimitTest, StrangersNeitherTakeTheKeptPlacesNorGoFirst) {
  ConcurrencyLimit limit(/*running_max=*/1, /*waiting_max=*/2, /*reserved=*/1);
  std::optional<absl::StatusOr<ConcurrencyLimit::Ticket>> holder = limit.Enter();
  std::atomic<bool> stranger_ran = false;
  std::atomic<bool> known_may_leave = false;
  std::thread stranger([&] {
    EXPECT_TRUE(limit.Enter().ok());
    stranger_ran = true;
  });
  WaitUntilWaiting(limit, 1);
  EXPECT_EQ(ErrorReason(limit.Enter().status()), kReasonOverloaded) << "the other place is kept";
  std::atomic<bool> known_runs = false;
  std::thread known([&] {
    const auto ticket = limit.Enter(Place::kReserved);
    EXPECT_TRUE(ticket.ok());
    EXPECT_FALSE(stranger_ran);
    known_runs = true;
    while (!known_may_leave) std::this_thread::yield();
  });
  WaitUntilWaiting(limit, 2);
  EXPECT_EQ(ErrorReason(limit.Enter(Place::kReserved).status()), kReasonOverloaded);
  holder.reset();
  while (!known_runs) std::this_thread::yield();
  EXPECT_FALSE(stranger_ran) << "he waited longer, and goes second";
  known_may_leave = true;
  known.join();
  stranger.join();
  EXPECT_TRUE(stranger_ran);
}

TEST(ConcurrencyLimitTest, KnownCallersTakeSharedPlacesToo) {
  ConcurrencyLimit limit(/*running_max=*/1, /*waiting_max=*/2, /*reserved=*/1);
  std::optional<absl::StatusOr<ConcurrencyLimit::Ticket>> holder = limit.Enter(Place::kReserved);
  ASSERT_TRUE(holder->ok());
  std::vector<std::thread> known;
  for (int i = 1; i <= 2; ++i) {
    known.emplace_back([&] { EXPECT_TRUE(limit.Enter(Place::kReserved).ok()); });
    WaitUntilWaiting(limit, i);
  }
  holder.reset();
  for (std::thread& thread : known) thread.join();
}

}  // namespace
}  // namespace mab::admin
