// The few numbers of a report that a list of experiments shows, and the course of the traffic.
//
// Thread safety: value types and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "admin/report.h"
#include "admin/traffic.h"
#include "storage/experiment.h"

namespace mab::admin {

struct ExperimentSummary {
  ExperimentId id;
  std::string key;
  storage::ExperimentState state = storage::ExperimentState::kDraft;
  uint64_t exposures = 0;
  uint64_t conversions = 0;
  // The variant with the greatest probability of being best, without its payload; nullopt before
  // the first exposure.
  std::optional<storage::Variant> leader = std::nullopt;
  // The leader's; 0 where there is none.
  double probability_best = 0;
  bandit::VerdictCode verdict = bandit::VerdictCode::kNoData;
  HealthStatus health = HealthStatus::kOk;
  std::optional<bandit::WeightedSum> gain = std::nullopt;
  Traffic traffic;
};

ExperimentSummary SummaryOf(const storage::Experiment& experiment, const Report& report,
                            Traffic traffic);

}  // namespace mab::admin
