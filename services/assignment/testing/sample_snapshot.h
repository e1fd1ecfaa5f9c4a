// Snapshots made by hand.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "assignment/snapshot.h"
#include "bandit/freeze_version.h"
#include "common/uuid.h"

namespace mab::assignment {

inline constexpr char kSampleDatabaseId[] = "0198f3c4-0000-7000-8000-0000000000db";

inline absl::Time SampleTime() { return absl::FromUnixMicros(1795392000123456); }

// Id number `number` of experiments; of the variants of one experiment.
inline ExperimentId SampleExperimentId(uint8_t number) {
  ExperimentId id;
  id.uuid.bytes = {0x01, 0x98, 0xf3, 0xc4, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0xe0, number};
  return id;
}
inline VariantId SampleVariantId(uint8_t experiment, uint8_t variant) {
  VariantId id;
  id.uuid.bytes = {0x01, 0x98, 0xf3, 0xc4, 0, 0,    0x70,       0,
                   0x80, 0,    0,    0,    0, 0xa0, experiment, variant};
  return id;
}

// A version of `experiment` in which each variant has had so many exposures and conversions.
inline std::shared_ptr<const bandit::DrawVersion> SampleVersion(
    const SnapshotExperiment& experiment, uint64_t number,
    std::vector<std::pair<uint64_t, uint64_t>> exposures_and_conversions = {},
    double floor = 0.01) {
  bandit::DrawConfiguration configuration;
  configuration.floor = floor;
  configuration.salt = experiment.salt;
  std::vector<bandit::ArmState> arms;
  for (size_t i = 0; i < experiment.variants.size(); ++i) {
    bandit::ArmState arm;
    arm.variant_id = experiment.variants[i].id;
    arm.disabled = experiment.variants[i].disabled;
    if (i < exposures_and_conversions.size()) {
      arm.exposures = exposures_and_conversions[i].first;
      arm.posterior =
          bandit::CountedPosterior({}, arm.exposures, exposures_and_conversions[i].second);
    }
    arms.push_back(arm);
  }
  bandit::DrawVersion version = bandit::FreezeVersion(configuration, arms);
  version.number = number;
  return std::make_shared<bandit::DrawVersion>(std::move(version));
}

// A running experiment "experiment-<number>" with variants "a" (the control), "b", …, and version
// 1000.
inline SnapshotExperiment SampleExperiment(uint8_t number = 1, size_t variants = 2) {
  SnapshotExperiment experiment;
  experiment.id = SampleExperimentId(number);
  experiment.id_text = experiment.id.ToString();
  experiment.key = absl::StrCat("experiment-", number);
  experiment.revision = 1;
  experiment.state = ExperimentState::kRunning;
  experiment.salt.fill(number);
  experiment.conversion_window = absl::Hours(1);
  for (size_t i = 0; i < variants; ++i) {
    SnapshotVariant& variant = experiment.variants.emplace_back();
    variant.id = SampleVariantId(number, static_cast<uint8_t>(i));
    variant.id_text = variant.id.ToString();
    variant.key = i < 26 ? std::string(1, static_cast<char>('a' + i)) : absl::StrCat("v", i);
    variant.name = absl::StrCat("Variant ", variant.key);
    variant.is_control = i == 0;
  }
  experiment.version = SampleVersion(experiment, 1000);
  return experiment;
}

inline std::shared_ptr<const Snapshot> SampleSnapshot(
    const std::vector<SnapshotExperiment>& experiments) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->created_at = SampleTime();
  snapshot->database_id = kSampleDatabaseId;
  for (const SnapshotExperiment& one : experiments) {
    auto experiment = std::make_shared<SnapshotExperiment>(one);
    snapshot->by_id[experiment->id] = experiment;
    snapshot->by_key[experiment->key] = experiment;
  }
  return snapshot;
}

}  // namespace mab::assignment
