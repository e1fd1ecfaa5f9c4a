#include "common/metrics.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "common/error.h"

namespace mab {
namespace {

using ::testing::HasSubstr;

// What http://127.0.0.1:port/metrics answers.
std::string Scrape(int port) {
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (connect(client, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
    const std::string request = "GET /metrics HTTP/1.0\r\n\r\n";
    EXPECT_EQ(write(client, request.data(), request.size()), static_cast<ssize_t>(request.size()));
    char buffer[4096];
    for (ssize_t count; (count = read(client, buffer, sizeof(buffer))) > 0;) {
      answer.append(buffer, static_cast<size_t>(count));
    }
  }
  close(client);
  return answer;
}

TEST(MetricsTest, TheSameNameAndLabelsGiveTheSameHandle) {
  Metrics metrics;
  prometheus::Counter& first = metrics.Counter("a_total", "Help.", {{"kind", "new"}});
  prometheus::Counter& same = metrics.Counter("a_total", "Help.", {{"kind", "new"}});
  prometheus::Counter& other = metrics.Counter("a_total", "Help.", {{"kind", "known"}});
  EXPECT_EQ(&first, &same);
  EXPECT_NE(&first, &other);
  EXPECT_EQ(&metrics.Gauge("b", "Help."), &metrics.Gauge("b", "Help."));
  EXPECT_EQ(&metrics.Histogram("c", "Help.", {1, 2}), &metrics.Histogram("c", "Help.", {1, 2}));
}

TEST(MetricsTest, ServesWhatItCounts) {
  Metrics metrics;
  ASSERT_EQ(metrics.Serve("127.0.0.1:0"), absl::OkStatus());
  ASSERT_GT(metrics.port(), 0);
  metrics.Counter("mab_test_total", "Counted.", {{"kind", "new"}}).Increment(3);
  metrics.Histogram("mab_test_seconds", "Measured.", {0.1, 1}).Observe(0.5);
  const std::string answer = Scrape(metrics.port());
  EXPECT_THAT(answer, HasSubstr("200 OK"));
  EXPECT_THAT(answer, HasSubstr("# HELP mab_test_total Counted."));
  EXPECT_THAT(answer, HasSubstr("mab_test_total{kind=\"new\"} 3"));
  EXPECT_THAT(answer, HasSubstr("mab_test_seconds_bucket{le=\"1\"} 1"));
}

TEST(MetricsTest, ServesNothingWithoutAnAddress) {
  Metrics metrics;
  EXPECT_EQ(metrics.Serve(""), absl::OkStatus());
  EXPECT_EQ(metrics.port(), 0);
}

TEST(MetricsTest, AnAddressInUseIsAnErrorThatNamesIt) {
  Metrics first;
  ASSERT_EQ(first.Serve("127.0.0.1:0"), absl::OkStatus());
  const std::string address = absl::StrCat("127.0.0.1:", first.port());
  Metrics second;
  const absl::Status status = second.Serve(address);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr(address));
  EXPECT_EQ(second.port(), 0);
}

TEST(MetricsTest, WhatIsNoAddressIsAnError) {
  for (const char* address : {"nonsense", "127.0.0.1:99999", "192.0.2.1:9101"}) {
    Metrics metrics;
    EXPECT_EQ(metrics.Serve(address).code(), absl::StatusCode::kFailedPrecondition) << address;
  }
}

}  // namespace
}  // namespace mab
