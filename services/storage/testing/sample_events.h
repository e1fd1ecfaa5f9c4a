// Events for the tests of what carries them: the journal, the drainer, the tables. All of one
// experiment, unless a test changes that.
#pragma once

#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "storage/event.h"

namespace mab {

inline const absl::Time kSampleTime = absl::FromUnixMicros(1'795'000'000'123'456);
inline constexpr uint64_t kSampleVersion = 1'795'000'000'000;

inline ExperimentId SampleExperiment(uint8_t number = 1) {
  ExperimentId id;
  id.uuid.bytes[6] = 0x70;
  id.uuid.bytes[8] = 0x80;
  id.uuid.bytes[15] = number;
  return id;
}

inline bandit::UserHash SampleUser(uint64_t number) {
  bandit::UserHash user;
  // Spread, as hashes are.
  const uint64_t spread = number * 0x9E3779B97F4A7C15;
  std::memcpy(user.bytes.data(), &spread, sizeof(spread));
  std::memcpy(user.bytes.data() + 8, &number, sizeof(number));
  return user;
}

inline storage::VersionEvent SampleVersionEvent(std::vector<double> allocations = {0.25, 0.75}) {
  storage::VersionEvent event{.experiment_id = SampleExperiment(), .version = {}};
  event.version.number = kSampleVersion;
  event.version.policy = bandit::Policy::kTopTwoThompson;
  event.version.floor = 0.01;
  event.version.salt[3] = 200;
  event.version.sampler_id = 1;
  for (const double allocation : allocations) {
    bandit::DrawArm arm;
    arm.variant_id.uuid.bytes[15] = static_cast<uint8_t>(event.version.arms.size() + 1);
    arm.posterior = {1.5, 1e6};
    arm.weight = 0.5;
    arm.probability_best = allocation;
    arm.allocation = allocation;
    event.version.arms.push_back(arm);
  }
  return event;
}

inline storage::AssignmentEvent SampleAssignment(uint64_t user, bool exposed = true,
                                                 uint16_t variant = 1) {
  return {.experiment_id = SampleExperiment(),
          .user = SampleUser(user),
          .variant_index = variant,
          .version = kSampleVersion,
          .propensity = 0.75,
          .assigned_at = kSampleTime,
          .exposed = exposed};
}

inline storage::ExposureEvent SampleExposure(uint64_t user, uint16_t variant = 1) {
  return {.experiment_id = SampleExperiment(),
          .user = SampleUser(user),
          .variant_index = variant,
          .version = kSampleVersion,
          .exposed_at = kSampleTime + absl::Seconds(1)};
}

// Credited, a minute and a half after the exposure.
inline storage::ConversionEvent SampleConversion(uint64_t user, uint16_t variant = 1) {
  return {.experiment_id = SampleExperiment(),
          .user = SampleUser(user),
          .variant_index = variant,
          .version = kSampleVersion,
          .converted_at = kSampleTime + absl::Seconds(90),
          .exposed_at = kSampleTime,
          .credited = true,
          .value = 12.5,
          .event_id = "order-7"};
}

inline storage::CountEvent SampleCount(uint64_t count = 3) {
  return {.experiment_id = SampleExperiment(),
          .kind = storage::CountEvent::Kind::kDuplicateConversion,
          .at = kSampleTime,
          .count = count};
}

inline storage::ErasureEvent SampleErasure(uint64_t user) {
  return {.user = SampleUser(user), .erased_at = kSampleTime + absl::Hours(1)};
}

inline std::vector<storage::Event> SampleOfEach() {
  return {SampleVersionEvent(), SampleAssignment(1), SampleExposure(2),
          SampleConversion(1),  SampleCount(),       SampleErasure(3)};
}

}  // namespace mab
