#include "admin/fuzz/request_invariants.h"

#include <gtest/gtest.h>

#include <random>

namespace mab::admin {
namespace {

// Changes bytes, and takes from another seed of the same validator's, as a fuzzer does: always the
// same, for the generator is seeded.
std::string Mutate(std::string bytes, const std::vector<std::string>& seeds, std::mt19937& random) {
  const auto below = [&](size_t n) { return n == 0 ? 0 : random() % n; };
  for (size_t changes = 1 + below(6); changes > 0; --changes) {
    const size_t at = 1 + below(bytes.size());
    switch (below(6)) {
      case 0:
        if (at < bytes.size()) bytes[at] = static_cast<char>(random());
        break;
      case 1:
        if (at < bytes.size()) bytes[at] ^= static_cast<char>(1 << below(8));
        break;
      case 2:
        bytes.insert(at, 1 + below(8), static_cast<char>(random()));
        break;
      case 3:
        if (at < bytes.size()) bytes.erase(at, 1 + below(8));
        break;
      case 4:
        bytes.resize(at);
        break;
      default: {
        const std::string& other = seeds[below(seeds.size())];
        bytes += other.substr(below(other.size()));
      }
    }
  }
  return bytes;
}

TEST(RequestInvariantsTest, GoodRequestsAreAccepted) {
  size_t accepted = 0;
  for (const std::string& seed : RequestSeeds()) accepted += CheckRequest(seed) ? 1 : 0;
  EXPECT_EQ(accepted, RequestSeeds().size() - 2);
}

TEST(RequestInvariantsTest, HoldForWhateverIsSent) {
  const std::vector<std::string> seeds = RequestSeeds();
  std::mt19937 random(20261123);
  int accepted = 0;
  constexpr int kInputs = 40'000;
  for (int input = 0; input < kInputs; ++input) {
    if (CheckRequest(Mutate(seeds[input % seeds.size()], seeds, random))) ++accepted;
  }
  // Both roads are taken often.
  EXPECT_GT(accepted, kInputs / 50);
  EXPECT_LT(accepted, kInputs * 9 / 10);
}

TEST(RequestInvariantsTest, HoldForNothingAndForMuch) {
  for (char validator = 0; validator < 5; ++validator) {
    EXPECT_FALSE(CheckRequest(std::string(1, validator)) && validator != 1);
    for (const char filler : {'\0', 'a', '\xff', '.', '@'}) {
      CheckRequest(std::string(1, validator) + std::string(300'000, filler));
    }
  }
  EXPECT_FALSE(CheckRequest(""));
}

}  // namespace
}  // namespace mab::admin
