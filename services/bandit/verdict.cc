#include "bandit/verdict.h"

#include <algorithm>

namespace mab::bandit {
namespace {

template <typename Predicate>
bool AllEnabled(const VerdictInput& input, const Predicate& holds) {
  return std::all_of(input.arms.begin(), input.arms.end(),
                     [&](const VerdictArm& arm) { return !arm.enabled || holds(arm); });
}

VerdictCode DecideCode(const VerdictInput& input, size_t leader, double threshold) {
  const auto enabled = std::count_if(input.arms.begin(), input.arms.end(),
                                     [](const VerdictArm& arm) { return arm.enabled; });
  if (enabled < 2) return VerdictCode::kNothingToCompare;
  const bool empty = std::all_of(input.arms.begin(), input.arms.end(),
                                 [](const VerdictArm& arm) { return arm.exposures == 0; });
  if (empty) return VerdictCode::kNoData;
  if (input.data_suspect) return VerdictCode::kDataSuspect;
  const bool enough = AllEnabled(input, [&](const VerdictArm& arm) {
    return arm.exposures >= input.minimum_exposures || arm.probability_best < kVerdictContender;
  });
  if (!enough) return VerdictCode::kTooEarly;
  const double span_min = input.rate_swings ? kWeekSeconds : kDaySeconds;
  if (input.span_seconds < span_min) return VerdictCode::kWeekIncomplete;

  const VerdictArm& best = input.arms[leader];
  const bool cheap = best.expected_loss <= threshold;
  if (cheap && best.probability_best >= kVerdictProbability) return VerdictCode::kLeaderClear;
  if (AllEnabled(input, [&](const VerdictArm& arm) { return arm.expected_loss <= threshold; })) {
    return VerdictCode::kNoDifference;
  }
  if (cheap && input.value_remaining < kVerdictValueRemaining) return VerdictCode::kValueExhausted;
  return VerdictCode::kUndecided;
}

Recommendation RecommendationFor(VerdictCode code) {
  switch (code) {
    case VerdictCode::kNothingToCompare:
    case VerdictCode::kNoDifference:
      return Recommendation::kStop;
    case VerdictCode::kDataSuspect:
      return Recommendation::kCheckData;
    case VerdictCode::kLeaderClear:
    case VerdictCode::kValueExhausted:
      return Recommendation::kComplete;
    case VerdictCode::kNoData:
    case VerdictCode::kTooEarly:
    case VerdictCode::kWeekIncomplete:
    case VerdictCode::kUndecided:
      return Recommendation::kKeepRunning;
  }
  return Recommendation::kKeepRunning;
}

}  // namespace

double EffectiveThreshold(double threshold_of_caring, double leader_mean) {
  constexpr double kShareOfRate = 0.1;
  return std::min(threshold_of_caring, kShareOfRate * leader_mean);
}

size_t LeaderOf(const std::vector<VerdictArm>& arms) {
  size_t leader = arms.size();
  for (size_t i = 0; i < arms.size(); ++i) {
    if (!arms[i].enabled) continue;
    if (leader == arms.size() || arms[i].probability_best > arms[leader].probability_best) {
      leader = i;
    }
  }
  return leader;
}

Verdict DecideVerdict(const VerdictInput& input) {
  Verdict verdict;
  verdict.leader = LeaderOf(input.arms);
  verdict.threshold =
      EffectiveThreshold(input.threshold_of_caring, input.arms[verdict.leader].mean);
  verdict.code = DecideCode(input, verdict.leader, verdict.threshold);
  verdict.recommendation = RecommendationFor(verdict.code);
  if (verdict.recommendation == Recommendation::kComplete) verdict.winner = verdict.leader;
  return verdict;
}

}  // namespace mab::bandit
