#include "bandit/stratified_posteriors.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "bandit/best_arm.h"
#include "bandit/chi_square.h"
#include "bandit/quasi_variance.h"

namespace mab::bandit {
namespace {

std::vector<Stratum> Sanitized(std::vector<Stratum> strata) {
  for (Stratum& stratum : strata) {
    for (size_t arm = 0; arm < stratum.trials.size(); ++arm) {
      stratum.conversions[arm] = std::max(0.0, stratum.conversions[arm]);
      stratum.trials[arm] = std::max(stratum.trials[arm], stratum.conversions[arm]);
    }
  }
  return strata;
}

struct Totals {
  std::vector<double> trials;
  std::vector<double> conversions;
};

Totals TotalsOf(const std::vector<Stratum>& strata, size_t arms) {
  Totals totals{std::vector<double>(arms, 0.0), std::vector<double>(arms, 0.0)};
  for (const Stratum& stratum : strata) {
    for (size_t arm = 0; arm < arms; ++arm) {
      totals.trials[arm] += stratum.trials[arm];
      totals.conversions[arm] += stratum.conversions[arm];
    }
  }
  return totals;
}

// Of all arms together in one or more strata, under constant rates.
struct SwingCell {
  double observed = 0;
  double expected = 0;
  double variance = 0;

  void Add(const SwingCell& other) {
    observed += other.observed;
    expected += other.expected;
    variance += other.variance;
  }
};

std::vector<SwingCell> SwingCells(const std::vector<Stratum>& strata, const Totals& totals) {
  std::vector<SwingCell> cells;
  SwingCell cell;
  for (const Stratum& stratum : strata) {
    for (size_t arm = 0; arm < totals.trials.size(); ++arm) {
      if (!(stratum.trials[arm] > 0)) continue;
      const double rate = totals.conversions[arm] / totals.trials[arm];
      const double expected = stratum.trials[arm] * rate;
      cell.Add({stratum.conversions[arm], expected, expected * (1 - rate)});
    }
    if (cell.expected >= RateSwing::kExpectedConversions) {
      cells.push_back(cell);
      cell = SwingCell{};
    }
  }
  if (!cells.empty()) cells.back().Add(cell);
  return cells;
}

RateSwing SwingOf(const std::vector<Stratum>& strata, const Totals& totals) {
  RateSwing swing;
  double statistic = 0;
  double expected = 0;
  double squares = 0;  // What a relative variance of 1 between cells would add to the statistic,
  double cubes = 0;    // less what fitting the mean takes away.
  double cells = 0;
  for (const SwingCell& cell : SwingCells(strata, totals)) {
    if (!(cell.variance > 1e-9 * cell.expected)) continue;  // A rate of 1.
    const double gap = cell.observed - cell.expected;
    statistic += gap * gap / cell.variance;
    expected += cell.expected;
    squares += cell.expected * cell.expected / cell.variance;
    cubes += cell.expected * cell.expected * cell.expected / cell.variance;
    ++cells;
  }
  if (cells < 2) return swing;
  const double freedom = cells - 1;
  const double weight = squares - cubes / expected;
  if (weight > 0) swing.relative_swing = std::sqrt(std::max(0.0, statistic - freedom) / weight);
  swing.p_value = ChiSquareUpperTail(statistic, freedom);
  return swing;
}

// λ_t / λ̄.
std::vector<double> RelativeFactors(const std::vector<Stratum>& strata,
                                    const StratifiedRates& rates) {
  std::vector<double> factors = rates.stratum_factors;
  double all = 0;
  double weighed = 0;
  for (size_t t = 0; t < strata.size(); ++t) {
    for (double trials : strata[t].trials) {
      all += trials;
      weighed += trials * factors[t];
    }
  }
  // Without conversions no hour is known to differ.
  if (!(weighed > 0)) return std::vector<double>(strata.size(), 1.0);
  for (double& factor : factors) factor *= all / weighed;
  return factors;
}

std::vector<double> AdjustedTrials(const std::vector<Stratum>& strata,
                                   const std::vector<double>& factors, size_t arms) {
  std::vector<double> adjusted(arms, 0.0);
  for (size_t t = 0; t < strata.size(); ++t) {
    for (size_t arm = 0; arm < arms; ++arm) adjusted[arm] += strata[t].trials[arm] * factors[t];
  }
  return adjusted;
}

// Of the arms that take part in the comparison of the two answers, the most likely best ones by
// each.
std::vector<size_t> Leaders(const std::vector<StratifiedArm>& arms,
                            const std::vector<size_t>& compared) {
  std::vector<size_t> candidates;
  for (size_t arm : compared) {
    if (arms[arm].conversions >= kLeaderConversions) candidates.push_back(arm);
  }
  if (candidates.empty()) return {};
  const auto leader_by = [&](Posterior StratifiedArm::*posterior) {
    std::vector<Posterior> racing;
    for (size_t arm : candidates) racing.push_back(arms[arm].*posterior);
    const std::vector<double> best = ComputeBestArm(racing).probability_best;
    return candidates[static_cast<size_t>(std::max_element(best.begin(), best.end()) -
                                          best.begin())];
  };
  std::vector<size_t> leaders = {leader_by(&StratifiedArm::pooled_posterior)};
  const size_t stratified = leader_by(&StratifiedArm::posterior);
  if (stratified != leaders.front()) leaders.push_back(stratified);
  return leaders;
}

// Of log rates, the leader's less the other arm's: stratified less pooled, in which the conversions
// cancel. In pooled standard deviations.
struct ContrastShift {
  double size = 0;
  double p_value = 1;
};

ContrastShift ShiftOfContrast(const StratifiedArm& leader, const StratifiedArm& arm,
                              double pooled_variance, double stratified_variance) {
  ContrastShift shift;
  if (!std::isfinite(stratified_variance) || !(leader.adjusted_trials > 0) ||
      !(arm.adjusted_trials > 0)) {
    return shift;
  }
  const double gap = std::fabs(std::log(leader.trials / leader.adjusted_trials) -
                               std::log(arm.trials / arm.adjusted_trials));
  shift.size = gap / std::sqrt(pooled_variance);
  const double excess = stratified_variance - pooled_variance;
  if (gap > 0) shift.p_value = std::erfc(gap / std::sqrt(2 * std::max(0.0, excess)));
  return shift;
}

// `compared`: the arms that take part.
void SetDisagreement(const ContrastVariances& variances, const std::vector<size_t>& compared,
                     Stratification& answer) {
  if (compared.size() < 2) return;
  const std::vector<StratifiedArm>& arms = answer.arms;
  const std::vector<size_t> leaders = Leaders(arms, compared);
  const double contrasts = static_cast<double>(leaders.size() * (compared.size() - 1));
  for (size_t leader : leaders) {
    for (size_t arm : compared) {
      if (arm == leader) continue;
      const ContrastShift shift =
          ShiftOfContrast(arms[leader], arms[arm], variances.pooled.at(leader, arm),
                          variances.stratified.at(leader, arm));
      answer.shift = std::max(answer.shift, shift.size);
      if (shift.size >= kMaterialShiftOfContrast &&
          shift.p_value < kDisagreementPValue / contrasts) {
        answer.disagrees = true;
      }
    }
  }
}

bool IsDisconnected(const std::vector<int>& components, const Totals& totals) {
  int first = -1;
  for (size_t arm = 0; arm < components.size(); ++arm) {
    if (!(totals.conversions[arm] > 0)) continue;
    if (first < 0) first = components[arm];
    if (components[arm] != first) return true;
  }
  return false;
}

}  // namespace

Stratification Stratify(const std::vector<Stratum>& given, const std::vector<Posterior>& priors,
                        size_t arms, const std::vector<bool>& eligible) {
  const std::vector<Stratum> strata = Sanitized(given);
  const Totals totals = TotalsOf(strata, arms);
  const StratifiedRates rates = FitStratifiedRates(strata, arms);
  const ContrastInformation known = InformationOfStrata(strata, rates);
  const ContrastVariances variances = VariancesOfContrasts(known);
  const std::vector<double> effective = EffectiveShares(known, variances);

  Stratification answer;
  answer.stratum_factors = RelativeFactors(strata, rates);
  const std::vector<double> adjusted = AdjustedTrials(strata, answer.stratum_factors, arms);
  answer.swing = SwingOf(strata, totals);
  answer.disconnected = IsDisconnected(known.component, totals);
  std::vector<size_t> compared;
  for (size_t k = 0; k < arms; ++k) {
    const bool can_be_served = eligible.empty() || eligible[k];
    if (can_be_served && known.component[k] >= 0) compared.push_back(k);
    const Posterior& prior = priors.size() == 1 ? priors.front() : priors[k];
    StratifiedArm arm;
    arm.trials = totals.trials[k];
    arm.conversions = totals.conversions[k];
    arm.adjusted_trials = std::max(adjusted[k], arm.conversions);
    if (arm.adjusted_trials > 0) arm.rate = arm.conversions / arm.adjusted_trials;
    arm.effective_share = effective[k];
    arm.posterior = {prior.alpha + effective[k] * arm.conversions,
                     prior.beta + effective[k] * (arm.adjusted_trials - arm.conversions)};
    arm.pooled_posterior = {prior.alpha + arm.conversions,
                            prior.beta + arm.trials - arm.conversions};
    answer.arms.push_back(arm);
  }
  SetDisagreement(variances, compared, answer);
  return answer;
}

}  // namespace mab::bandit
