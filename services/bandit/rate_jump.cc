#include "bandit/rate_jump.h"

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>

namespace mab::bandit {
namespace {

// To either count, so that the ratio is finite.
constexpr double kAddedConversions = 0.5;

// Errors give NaN instead of an exception.
using Quiet = boost::math::policies::policy<
    boost::math::policies::domain_error<boost::math::policies::errno_on_error>,
    boost::math::policies::pole_error<boost::math::policies::errno_on_error>,
    boost::math::policies::overflow_error<boost::math::policies::errno_on_error>,
    boost::math::policies::evaluation_error<boost::math::policies::errno_on_error>>;

RateCount Sanitized(const RateCount& count) {
  const double conversions = std::max(0.0, count.conversions);
  return {std::max(count.trials, conversions), conversions};
}

// Twice the smaller tail of Binomial(conversions of both, share) at the recent ones. Counts may be
// fractional: the incomplete beta function is defined between whole numbers as well.
double ExactPValue(const RateChange& change) {
  const double share = change.recent.trials / (change.recent.trials + change.before.trials);
  const double recent = change.recent.conversions;
  const double before = change.before.conversions;
  const double at_least = recent > 0 ? boost::math::ibeta(recent, before + 1, share, Quiet()) : 1;
  const double at_most = before > 0 ? boost::math::ibetac(recent + 1, before, share, Quiet()) : 1;
  const double tail = std::min(at_least, at_most);
  // Not a number where the function could not be evaluated: then nothing is said.
  return tail >= 0 && tail <= 0.5 ? 2 * tail : 1;
}

bool Comparable(const RateChange& change) {
  return change.before.trials > 0 && change.recent.trials > 0 &&
         change.before.conversions + change.recent.conversions > 0;
}

double RelativeChange(double recent, double recent_trials, double before, double before_trials) {
  return (recent + kAddedConversions) / recent_trials * before_trials /
             (before + kAddedConversions) -
         1;
}

RateJump Judge(double relative_change, double p_value, double bound) {
  return {relative_change, p_value, p_value < bound && std::fabs(relative_change) >= kMaterialJump};
}

RateJump JumpOfArm(const RateChange& change, double bound) {
  if (!Comparable(change)) return RateJump{};
  return Judge(RelativeChange(change.recent.conversions, change.recent.trials,
                              change.before.conversions, change.before.trials),
               ExactPValue(change), bound);
}

RateJump JumpOfAll(const std::vector<RateChange>& arms) {
  constexpr double kContinuity = 0.5;
  double surplus = 0;   // recent conversions beyond what the arm's rate over both lets expect
  double variance = 0;  // hypergeometric
  double recent = 0;    // Mantel and Haenszel's sums, whose quotient is the ratio of rates
  double before = 0;
  RateChange all;
  for (const RateChange& arm : arms) {
    if (!Comparable(arm)) continue;
    const double trials = arm.recent.trials + arm.before.trials;
    const double conversions = arm.recent.conversions + arm.before.conversions;
    const double share = arm.recent.trials / trials;
    surplus += arm.recent.conversions - conversions * share;
    variance += conversions * (1 - conversions / trials) * share * (1 - share);
    recent += arm.recent.conversions * (1 - share);
    before += arm.before.conversions * share;
    all.recent.trials += arm.recent.trials;
    all.before.trials += arm.before.trials;
  }
  if (!(variance > 0)) return RateJump{};
  const double gap = std::max(0.0, std::fabs(surplus) - kContinuity);
  const double share = all.recent.trials / (all.recent.trials + all.before.trials);
  return Judge(
      (recent + kAddedConversions * (1 - share)) / (before + kAddedConversions * share) - 1,
      std::erfc(gap / std::sqrt(2 * variance)), kJumpPValue);
}

}  // namespace

RateJumps DetectRateJumps(const std::vector<RateChange>& given) {
  std::vector<RateChange> arms;
  for (const RateChange& arm : given) {
    arms.push_back({Sanitized(arm.before), Sanitized(arm.recent)});
  }
  RateJumps jumps;
  for (const RateChange& arm : arms) {
    jumps.arms.push_back(JumpOfArm(arm, kJumpPValue / static_cast<double>(arms.size())));
    jumps.flagged = jumps.flagged || jumps.arms.back().flagged;
  }
  jumps.overall = JumpOfAll(arms);
  jumps.flagged = jumps.flagged || jumps.overall.flagged;
  return jumps;
}

}  // namespace mab::bandit
