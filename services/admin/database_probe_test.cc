#include "admin/database_probe.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/testing/postgres_fixture.h"

namespace mab::admin {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

// Until `condition` holds; fails after a minute.
void Await(const std::function<bool()>& condition) {
  const absl::Time deadline = absl::Now() + absl::Minutes(1);
  while (!condition()) {
    ASSERT_LT(absl::Now(), deadline);
    std::this_thread::yield();
  }
}

DatabaseProbe::Options OptionsOf(const std::string& url, const Clock* clock) {
  return {.url = url, .interval = absl::Milliseconds(5), .clock = clock};
}

TEST(DatabaseProbeTest, SaysWhetherTheDatabaseIsThere) {
  const SystemClock clock;
  DatabaseProbe probe(OptionsOf(PostgresFixture::Get().url(), &clock));
  EXPECT_TRUE(absl::IsUnavailable(probe.result().status)) << "before the first question";
  probe.Start();
  Await([&] { return probe.result().status.ok(); });
  EXPECT_GT(probe.result().latency, absl::ZeroDuration());
  PostgresFixture::Get().Stop();
  Await([&] { return !probe.result().status.ok(); });
  PostgresFixture::Get().Start();
  Await([&] { return probe.result().status.ok(); });
  probe.Stop();
}

TEST(DatabaseProbeTest, ADatabaseThatHangsIsNotThere) {
  // The kernel takes the connection, and nobody answers it.
  const int silent = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(bind(silent, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(silent, 8), 0);
  ASSERT_EQ(getsockname(silent, reinterpret_cast<sockaddr*>(&address), &size), 0);

  FakeClock clock(kNow);
  DatabaseProbe probe(OptionsOf(
      absl::StrCat("postgresql://mab@127.0.0.1:", ntohs(address.sin_port), "/mab"), &clock));
  probe.Start();
  const auto waits = [&] {
    clock.Advance(absl::Seconds(2));
    return probe.result().latency >= absl::Seconds(2);
  };
  Await(waits);
  EXPECT_TRUE(absl::IsUnavailable(probe.result().status));
  probe.Stop();
  close(silent);
}

TEST(DatabaseProbeTest, WasNeverStarted) {
  const SystemClock clock;
  DatabaseProbe probe(OptionsOf("host=/nowhere", &clock));
  probe.Stop();
}

}  // namespace
}  // namespace mab::admin
