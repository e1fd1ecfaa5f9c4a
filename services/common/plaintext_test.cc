#include "common/plaintext.h"

#include <gtest/gtest.h>

namespace mab {
namespace {

TEST(PlaintextTest, KnowsWhatStaysOnThisMachine) {
  for (const char* address : {"127.0.0.1:8010", "127.9.8.7:1", "[::1]:8010", "localhost:8010",
                              "unix:/run/mab/admin.sock", "[::ffff:127.0.0.1]:8010"}) {
    EXPECT_TRUE(IsOfThisMachine(address)) << address;
  }
  for (const char* address :
       {"0.0.0.0:8010", "[::]:8010", ":8010", "10.0.0.7:8010", "admin:8011", "[2001:db8::1]:8010",
        "127.0.0.1.example.com:8010", "localhost.example.com:8010", "dns:///localhost:8010",
        "unix-of.example:8010", "[127.0.0.1:8010", "*:8010", ""}) {
    EXPECT_FALSE(IsOfThisMachine(address)) << address;
  }
}

}  // namespace
}  // namespace mab
