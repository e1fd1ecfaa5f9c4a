// Whether an experiment's data can be trusted: checks that each have a threshold, a p-value where
// one exists, and plain words.
//
// kSampleRatio: exposures against logged propensities. FAILED below p = 0.001.
//
// kRateJump: the last 24 hours against the whole days before them, up to seven. A warning from
// bandit/rate_jump.h's threshold on; FAILED where they have jumped against the same day of the week
// before too, so that the rhythm of a week alone fails nothing.
//
// kNoConversions: a warning from 1,000 exposures without a single conversion on.
//
// kConflicts: users who were given two variants. A warning from the first one, FAILED from 0.1 % of
// the exposures.
//
// kDuplicateConversions, kLateConversions, kNeverExposed: conversions that repeat one, came after
// the window, or are of users who were never exposed, as a share of all that came. A warning from
// 20 %, 10 % and 10 %, and 20 of them.
//
// kBots: calls that would have exposed somebody, had a machine not made them, as a share of those
// and the exposures, of today and yesterday (UTC). A warning above half, where both are 1,000
// together.
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
  kNoConversions,
  kBots,
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
