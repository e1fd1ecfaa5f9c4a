#include "common/rpc_client_address.h"

#include <gtest/gtest.h>

namespace mab {
namespace {

TEST(ClientAddressTest, ReadsThePeersOfGrpc) {
  EXPECT_EQ(PeerAddress("ipv4:203.0.113.7:55555"), "203.0.113.7");
  EXPECT_EQ(PeerAddress("ipv6:[2001:db8::7]:55555"), "2001:db8::7");
  EXPECT_EQ(PeerAddress("ipv6:%5B2001:db8::7%5D:55555"), "2001:db8::7");
  for (const char* peer : {"ipv4:127.0.0.1:1", "ipv4:127.8.9.1:1", "ipv6:[::1]:1",
                           "ipv6:%5B::1%5D:1", "ipv6:[::ffff:127.0.0.1]:1", "unix:/run/mab.sock",
                           "unix:", "unknown", "", "ipv4:", "ipv4:host:1"}) {
    EXPECT_EQ(PeerAddress(peer), std::nullopt) << peer;
  }
}

}  // namespace
}  // namespace mab
