#include "bandit/random_stream.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "bandit/statistical_checks.h"

namespace mab::bandit {
namespace {

TEST(RandomStreamTest, IsAFunctionOfSaltUserVersionAndStream) {
  const Salt salt = TestSalt(1);
  const UserHash user = TestUser(0, 1);
  RandomStream stream(salt, user, 1795392000123, 2);
  RandomStream again(salt, user, 1795392000123, 2);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(stream.NextBits(), again.NextBits());

  std::set<uint64_t> firsts;
  firsts.insert(RandomStream(salt, user, 1795392000123, 2).NextBits());
  firsts.insert(RandomStream(TestSalt(2), user, 1795392000123, 2).NextBits());
  firsts.insert(RandomStream(salt, TestUser(0, 2), 1795392000123, 2).NextBits());
  firsts.insert(RandomStream(salt, user, 1795392000124, 2).NextBits());
  firsts.insert(RandomStream(salt, user, uint64_t{1795392000123} << 8, 2).NextBits());
  firsts.insert(RandomStream(salt, user, 1795392000123, 3).NextBits());
  EXPECT_EQ(firsts.size(), 6u);
}

// Replays of old assignments depend on these bits for ever.
TEST(RandomStreamTest, KeepsItsGoldenBits) {
  UserHash user;
  for (size_t i = 0; i < user.bytes.size(); ++i) user.bytes[i] = static_cast<uint8_t>(i);
  RandomStream stream(TestSalt(7), user, 1795392000123, 2);
  std::vector<uint64_t> bits;
  for (int i = 0; i < 6; ++i) bits.push_back(stream.NextBits());
  EXPECT_EQ(bits,
            (std::vector<uint64_t>{0x93822a10c0ffeb86, 0xcd15e0dfc3df6d19, 0x7d37bbd4101acb14,
                                   0x65e492e1d04a7a7d, 0xddb434fdf35a462a, 0x7045f5afc6dae092}));
}

TEST(RandomStreamTest, UniformsAreUniform) {
  std::vector<double> values;
  RandomStream stream(TestSalt(1), TestUser(1, 0), 1, 1);
  for (int i = 0; i < 1'000'000; ++i) {
    const double value = stream.NextUniform();
    ASSERT_GE(value, 0);
    ASSERT_LT(value, 1);
    values.push_back(value);
  }
  EXPECT_GT(KolmogorovPValue(values), kErrorRate);
}

TEST(RandomStreamTest, FirstUniformsOfUsersAreUniformAndIndependentBetweenStreamsAndVersions) {
  constexpr size_t kSide = 16;
  std::vector<double> firsts;
  std::vector<uint64_t> streams(kSide * kSide), versions(kSide * kSide), users(kSide * kSide);
  double last = 0;
  for (uint64_t i = 0; i < 200'000; ++i) {
    const UserHash user = TestUser(2, i);
    const double u = RandomStream(TestSalt(1), user, 10, 1).NextUniform();
    const auto cell = [&](double v) {
      return static_cast<size_t>(u * kSide) * kSide + static_cast<size_t>(v * kSide);
    };
    firsts.push_back(u);
    ++streams[cell(RandomStream(TestSalt(1), user, 10, 2).NextUniform())];
    ++versions[cell(RandomStream(TestSalt(1), user, 11, 1).NextUniform())];
    ++users[cell(last)];
    last = u;
  }
  const std::vector<double> even(kSide * kSide, 1.0 / (kSide * kSide));
  EXPECT_GT(KolmogorovPValue(firsts), kErrorRate);
  EXPECT_GT(ChiSquarePValue(streams, even), kErrorRate);
  EXPECT_GT(ChiSquarePValue(versions, even), kErrorRate);
  EXPECT_GT(ChiSquarePValue(users, even), kErrorRate);
}

}  // namespace
}  // namespace mab::bandit
