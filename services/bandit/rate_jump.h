// Whether the conversion rate has jumped: the last day against the week before it, arm by arm and
// over all arms. A goal that was moved, a tracker that counts twice or a broken checkout look like
// this, and none of them is an effect of a variant.
//
// Both are whole days, so that day and night cancel; weekdays do not, which is why only changes of
// kMaterialJump or more are flagged.
//
// Over all arms the arms' own rates are compared and not the pooled ones, which move when traffic
// moves to better arms (Mantel & Haenszel, "Statistical aspects of the analysis of data from
// retrospective studies of disease", 1959).
//
// Used by the health of the data in analytics. Thread safety: pure functions.
#pragma once

#include <vector>

namespace mab::bandit {

// Hours of exposure: the last kRecentHours up to now, and up to kBeforeHours before them, in whole
// days.
inline constexpr int kRecentHours = 24;
inline constexpr int kBeforeHours = 7 * 24;

struct RateCount {
  // Delay-weighted: conversions + Σ G(age) of the others (delay_distribution.h). >= conversions.
  double trials = 0;
  double conversions = 0;
};

struct RateChange {
  RateCount before;
  RateCount recent;
};

// A material change, relative, and the p-value that it must be below: over the arms together this
// one, for each arm this one over their number.
inline constexpr double kMaterialJump = 0.2;
inline constexpr double kJumpPValue = 0.001;

struct RateJump {
  // Of rates, recent over before, less 1; half a conversion is added to either count, so that it is
  // finite.
  double relative_change = 0;
  // Two-sided. 1 where one side has no trials or there are no conversions.
  double p_value = 1;
  bool flagged = false;
};

struct RateJumps {
  // The exact conditional test of two Poisson counts: the recent conversions, given both, are
  // binomial with the recent share of trials. Conservative for yes/no data: by a factor of 1 / (1 −
  // rate) in the variance.
  std::vector<RateJump> arms;
  // Mantel and Haenszel's test and ratio of rates, with a correction for continuity.
  RateJump overall;
  // Any of them is.
  bool flagged = false;
};

// What is less than 0 counts as 0, trials less than conversions as those.
RateJumps DetectRateJumps(const std::vector<RateChange>& arms);

}  // namespace mab::bandit
