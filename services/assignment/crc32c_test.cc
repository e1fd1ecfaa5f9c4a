#include "assignment/crc32c.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace mab::assignment {
namespace {

// The examples of RFC 3720, appendix B.4.
TEST(Crc32cTest, GivesTheValuesOfTheStandard) {
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62A8AB43u);
  std::string ascending;
  for (char i = 0; i < 32; ++i) ascending.push_back(i);
  EXPECT_EQ(Crc32c(ascending), 0x46DD794Eu);
  EXPECT_EQ(Crc32c("123456789"), 0xE3069283u);
}

TEST(Crc32cTest, IsTheSameInPiecesAndByTable) {
  std::mt19937_64 random(7);
  for (size_t size = 0; size < 100; ++size) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    const uint32_t whole = Crc32c(bytes);
    EXPECT_EQ(ExtendCrc32cByTable(0, bytes), whole);
    const size_t cut = size == 0 ? 0 : random() % size;
    EXPECT_EQ(ExtendCrc32c(Crc32c(bytes.substr(0, cut)), bytes.substr(cut)), whole);
  }
}

}  // namespace
}  // namespace mab::assignment
