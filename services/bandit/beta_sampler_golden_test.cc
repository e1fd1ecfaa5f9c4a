// Replays of old assignments depend on these bits for ever, whatever compiles them. This file is
// built with the library, and once more with the sampler's sources at other levels of optimisation.
#include <gtest/gtest.h>

#include <bit>
#include <vector>

#include "bandit/beta_sampler.h"
#include "bandit/statistical_checks.h"

namespace mab::bandit {
namespace {

uint64_t FirstDraw(const Posterior& posterior, uint32_t arm, uint32_t sampler_id) {
  UserHash user;
  for (size_t i = 0; i < user.bytes.size(); ++i) user.bytes[i] = static_cast<uint8_t>(i);
  RandomStream stream(TestSalt(7), user, 1795392000123, kFirstArmStream + arm);
  return std::bit_cast<uint64_t>(DrawBetaOdds(posterior, stream, sampler_id));
}

// The bits of many draws in one number, so that rare branches are covered too.
uint64_t Digest(const std::vector<Posterior>& posteriors, uint32_t sampler_id) {
  uint64_t digest = 0;
  for (const Posterior& posterior : posteriors) {
    RandomStream stream(TestSalt(3), TestUser(4, 4), 1, kFirstArmStream);
    for (int i = 0; i < 20'000; ++i) {
      const double odds = DrawBetaOdds(posterior, stream, sampler_id);
      digest = (digest ^ std::bit_cast<uint64_t>(odds)) * 0x9E3779B97F4A7C15;
      digest ^= digest >> 29;
    }
  }
  return digest;
}

TEST(BetaSamplerGoldenTest, KeepsItsBits) {
  struct Golden {
    Posterior posterior;
    uint64_t bits_of_sampler_1;
    uint64_t bits_of_sampler_2;
  };
  const std::vector<Golden> goldens = {
      {{0.1, 0.1}, 0x3feae49bacf39e24, 0x4014e712190f4a7f},
      {{0.1, 1e9}, 0x3d979ca778fadf4b, 0x3d979ca778fadf4b},
      {{1e9, 0.1}, 0x42455c85f4fc8960, 0x42455c85f4fc8960},
      {{1, 1}, 0x4046e341004cadd3, 0x4046e341004cadd3},
      {{371, 7621}, 0x3faaa398d8935467, 0x3faaa398d8935467},
      {{1e9, 1e9}, 0x3fefffa5727632cc, 0x3fefffa5727632cc},
      {{0.75, 0.5}, 0x3ff68a981f798e82, 0x404d98017abf93af},
  };
  for (uint32_t i = 0; i < goldens.size(); ++i) {
    const Golden& golden = goldens[i];
    const uint64_t bits_1 = FirstDraw(golden.posterior, i, kGammaQuotientSampler);
    EXPECT_EQ(bits_1, golden.bits_of_sampler_1) << std::hex << "arm " << i << " 0x" << bits_1;
    const uint64_t bits_2 = FirstDraw(golden.posterior, i, kSwitchingSampler);
    EXPECT_EQ(bits_2, golden.bits_of_sampler_2) << std::hex << "arm " << i << " 0x" << bits_2;
  }
}

TEST(BetaSamplerGoldenTest, KeepsTheBitsOfManyDraws) {
  const uint64_t one = Digest({{0.1, 0.1}, {1, 1}, {12.5, 3}, {371, 7621}, {0.1, 1e9}, {1e9, 1e9}},
                              kGammaQuotientSampler);
  EXPECT_EQ(one, uint64_t{0xddedecc0669cbc22}) << std::hex << "0x" << one;
  const uint64_t two = Digest({{0.1, 0.1},
                               {0.5, 0.5},
                               {0.3, 0.75},
                               {0.9, 0.2},
                               {0.999, 0.999},
                               {0.3, 1},
                               {1, 1},
                               {371, 7621},
                               {1e9, 0.1}},
                              kSwitchingSampler);
  EXPECT_EQ(two, uint64_t{0x7e93bbd59eacfce6}) << std::hex << "0x" << two;
}

}  // namespace
}  // namespace mab::bandit
