#include "simulation/run_stream.h"

namespace mab::simulation {

bandit::RandomStream MakeRunStream(uint64_t seed, uint64_t run, uint32_t purpose) {
  bandit::Salt salt{};
  bandit::UserHash user;
  for (size_t i = 0; i < 8; ++i) {
    salt[i] = static_cast<uint8_t>(seed >> (8 * i));
    user.bytes[i] = static_cast<uint8_t>(run >> (8 * i));
  }
  return bandit::RandomStream(salt, user, /*version=*/0, purpose);
}

}  // namespace mab::simulation
