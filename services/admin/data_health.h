// Whether an experiment's data can be trusted: checks that each have a threshold, a p-value where
// one exists, and plain words.
//
//   check                  looks at                                           not OK from
//   kSampleRatio           exposures against logged propensities              p <= 0.001 FAILED
//   kRateJump              the last day's rate against the week before        p <= 0.001, 20 %
//   FAILED kConflicts             users who were given two variants                  one / 0.1 %
//   WARNING / FAILED kDuplicateConversions  repeats, of the last week's conversions            20 %
//   WARNING kLateConversions       after the window, of the last week's               10 % WARNING
//   kNeverExposed          of users never exposed, of the last week's         10 % WARNING
//
// Thread safety: pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "admin/hourly_evidence.h"
#include "storage/experiment.h"
#include "storage/rollup_store.h"

namespace mab::admin {

enum class HealthCode {
  kSampleRatio,
  kDuplicateConversions,
  kLateConversions,
  kNeverExposed,
  kConflicts,
  kRateJump,
};

// In the order of their gravity.
enum class HealthStatus { kOk, kWarning, kFailed };

struct HealthFinding {
  HealthCode code = HealthCode::kSampleRatio;
  HealthStatus status = HealthStatus::kOk;
  // Null where there is none, or too little data for one.
  std::optional<double> p_value;
  // What is looked at: a share, a relative change.
  double value = 0;
  // Of the p-value where there is one, else of the value.
  double threshold = 0;
  std::string text;
};

struct DataHealth {
  // The worst of the findings.
  HealthStatus status = HealthStatus::kOk;
  // One of each code.
  std::vector<HealthFinding> findings;
};

// `hours` are the experiment's, in time order.
DataHealth CheckDataHealth(const storage::Experiment& experiment,
                           const std::vector<HourlyEvidence>& hours,
                           const storage::ExperimentEventCounts& counts, absl::Time now);

}  // namespace mab::admin
