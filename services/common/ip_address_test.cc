#include "common/ip_address.h"

#include <gtest/gtest.h>

namespace mab {
namespace {

TEST(IpAddressTest, WritesAnAddressInOneWay) {
  EXPECT_EQ(CanonicalAddress("203.0.113.7"), "203.0.113.7");
  EXPECT_EQ(CanonicalAddress("2001:DB8:0:0::7"), "2001:db8::7");
  EXPECT_EQ(CanonicalAddress("::ffff:203.0.113.7"), "203.0.113.7");
  for (const char* text : {"", "localhost", "203.0.113", "203.0.113.7:80", "[::1]", "fe80::1%eth0",
                           "203.0.113.7, 198.51.100.1", "1:2:3:4:5:6:7:8:9"}) {
    EXPECT_EQ(CanonicalAddress(text), std::nullopt) << text;
  }
  EXPECT_EQ(CanonicalAddress(absl::string_view("203.0.113.7\0x", 13)), std::nullopt);
  EXPECT_EQ(CanonicalAddress(std::string(1'000'000, '1')), std::nullopt);
}

TEST(IpAddressTest, KnowsWhatOneSubscriberHas) {
  EXPECT_EQ(NetworkOf("203.0.113.7"), "203.0.113.7");
  EXPECT_EQ(NetworkOf("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(NetworkOf("2001:db8:1:2::"), "2001:db8:1:2::/64");
  EXPECT_NE(NetworkOf("2001:db8:1:3::"), NetworkOf("2001:db8:1:2::"));
}

TEST(IpAddressTest, KnowsLoopback) {
  for (const char* address : {"127.0.0.1", "127.8.9.1", "::1"}) EXPECT_TRUE(IsLoopback(address));
  for (const char* address : {"128.0.0.1", "::2", "12.7.0.1"}) EXPECT_FALSE(IsLoopback(address));
}

}  // namespace
}  // namespace mab
