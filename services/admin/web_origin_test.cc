#include "admin/web_origin.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace mab::admin {
namespace {

TEST(WebOriginTest, IsWhatABrowserSends) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"https://shop.example", "https://shop.example"},
      {"HTTPS://Shop.EXAMPLE", "https://shop.example"},
      {"https://shop.example:443", "https://shop.example"},
      {"http://shop.example:80", "http://shop.example"},
      {"http://shop.example:443", "http://shop.example:443"},
      {"https://shop.example:080", "https://shop.example:80"},
      {"https://shop.example:65535", "https://shop.example:65535"},
      {"http://localhost", "http://localhost"},
      {"http://127.0.0.1:8080", "http://127.0.0.1:8080"},
      {"http://[::1]:8080", "http://[::1]:8080"},
      {"http://[2001:DB8:0:0:0:0:0:7]", "http://[2001:db8::7]"},
      {"https://xn--bcher-kva.example", "https://xn--bcher-kva.example"},
      {"https://my_shop.example", "https://my_shop.example"},
      {"https://a-1.0x.example", "https://a-1.0x.example"},
  };
  for (const auto& [given, origin] : cases) EXPECT_EQ(CanonicalOrigin(given), origin) << given;
}

TEST(WebOriginTest, RefusesWhatIsNone) {
  for (const std::string given : {"",
                                  "*",
                                  "null",
                                  "shop.example",
                                  "//shop.example",
                                  "ftp://shop.example",
                                  "https:shop.example",
                                  "https://",
                                  "https:///",
                                  "https://shop.example/",
                                  "https://shop.example/path",
                                  "https://shop.example?q",
                                  "https://shop.example#f",
                                  "https://*.shop.example",
                                  "https://user@shop.example",
                                  "https://user:pw@shop.example",
                                  "https://shop.example:",
                                  "https://shop.example:0",
                                  "https://shop.example:65536",
                                  "https://shop.example:+80",
                                  "https://shop.example:8080:80",
                                  "https://shop..example",
                                  "https://.example",
                                  "https://shop.example.",
                                  "https://b\u00fccher.example",
                                  "https://shop example",
                                  " https://shop.example",
                                  "https://shop.example\r\n",
                                  "https://a,https://b",
                                  "https://1.2.3",
                                  "https://1.2.3.256",
                                  "https://0x7f000001",
                                  "https://127.1",
                                  "https://2130706433",
                                  "https://[::1",
                                  "https://::1",
                                  "https://[::1]x",
                                  "https://[::ffff:127.0.0.1]",
                                  "https://[]",
                                  "https://[fe80::1%eth0]",
                                  "https://%73hop.example"}) {
    EXPECT_EQ(CanonicalOrigin(given), std::nullopt) << given;
  }
  EXPECT_EQ(CanonicalOrigin(std::string("https://shop.example\0", 21)), std::nullopt);
}

TEST(WebOriginTest, HasALength) {
  const std::string label(63, 'a');
  const std::string host =
      label + "." + label + "." + label + "." + std::string(255 - 8 - 3 * 64, 'a');
  EXPECT_EQ(("https://" + host).size(), 255u);
  EXPECT_EQ(CanonicalOrigin("https://" + host), "https://" + host);
  EXPECT_EQ(CanonicalOrigin("https://" + host + "a"), std::nullopt);
  EXPECT_EQ(CanonicalOrigin("https://a" + label), std::nullopt);
}

}  // namespace
}  // namespace mab::admin
