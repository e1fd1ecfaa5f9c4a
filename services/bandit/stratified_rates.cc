#include "bandit/stratified_rates.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "bandit/sum.h"

namespace mab::bandit {
namespace {

// Of the arms with conversions, over the strata with conversions and the one that is added.
class ConditionalLikelihood {
 public:
  ConditionalLikelihood(const std::vector<Stratum>& strata, const std::vector<size_t>& arms)
      : targets_(arms.size(), 0.0), totals_(arms.size(), 0.0) {
    for (const Stratum& stratum : strata) {
      const double conversions = Sum(stratum.conversions);
      for (size_t i = 0; i < arms.size(); ++i) {
        totals_[i] += stratum.trials[arms[i]];
        targets_[i] += stratum.conversions[arms[i]];
      }
      if (!(conversions > 0)) continue;
      for (size_t arm : arms) trials_.push_back(stratum.trials[arm]);
      conversions_.push_back(conversions);
    }
    trials_.insert(trials_.end(), totals_.begin(), totals_.end());
    conversions_.push_back(kAddedConversions);
    const double all = Sum(targets_);
    for (double& target : targets_) target *= 1 + kAddedConversions / all;
  }

  size_t size() const { return targets_.size(); }

  std::vector<double> PooledLogRates() const {
    std::vector<double> log_rates(size());
    for (size_t i = 0; i < size(); ++i) log_rates[i] = std::log(targets_[i] / totals_[i]);
    return log_rates;
  }

  double Value(const std::vector<double>& log_factors) const {
    const std::vector<double> factors = Exponentials(log_factors);
    double value = 0;
    for (size_t i = 0; i < size(); ++i) value += targets_[i] * log_factors[i];
    for (size_t row = 0; row < conversions_.size(); ++row) {
      const double* trials = &trials_[row * size()];
      double total = 0;
      for (size_t i = 0; i < size(); ++i) total += trials[i] * factors[i];
      value -= conversions_[row] * std::log(total);
    }
    return value;
  }

  // The gradient, scaled by the targets: 0 at the solution.
  struct Score {
    std::vector<double> gradient;
    SquareMatrix information;
    double worst = 0;
  };

  Score ScoreAt(const std::vector<double>& log_factors) const {
    const std::vector<double> factors = Exponentials(log_factors);
    Score score{targets_, SquareMatrix(size()), 0};
    std::vector<double> shares(size());
    for (size_t row = 0; row < conversions_.size(); ++row) {
      const double* trials = &trials_[row * size()];
      double total = 0;
      for (size_t i = 0; i < size(); ++i) total += shares[i] = trials[i] * factors[i];
      for (double& share : shares) share /= total;
      for (size_t i = 0; i < size(); ++i) {
        const double expected = conversions_[row] * shares[i];
        if (expected == 0) continue;
        score.gradient[i] -= expected;
        score.information.at(i, i) += expected;
        double* products = &score.information.at(i, 0);
        for (size_t j = 0; j <= i; ++j) products[j] -= expected * shares[j];
      }
    }
    for (size_t i = 0; i < size(); ++i) {
      score.worst = std::max(score.worst, std::fabs(score.gradient[i]) / targets_[i]);
    }
    return score;
  }

 private:
  static constexpr double kAddedConversions = 1;

  static std::vector<double> Exponentials(const std::vector<double>& logs) {
    std::vector<double> values(logs.size());
    for (size_t i = 0; i < logs.size(); ++i) values[i] = std::exp(logs[i]);
    return values;
  }

  std::vector<double> targets_;
  std::vector<double> totals_;
  // By stratum, then by arm; the added one is the last.
  std::vector<double> trials_;
  std::vector<double> conversions_;
};

// The likelihood does not know the common factor, so the matrix is singular along (1, …, 1), to
// which the gradient is orthogonal.
std::vector<double> NewtonStep(const ConditionalLikelihood::Score& score) {
  const size_t size = score.gradient.size();
  SquareMatrix matrix = score.information;
  double trace = 0;
  for (size_t i = 0; i < size; ++i) trace += matrix.at(i, i);
  const double along = std::max(trace, 1e-300) / static_cast<double>(size * size);
  for (size_t i = 0; i < size; ++i) {
    for (size_t j = 0; j <= i; ++j) matrix.at(i, j) += along;
  }
  constexpr double kLongestStep = 3;
  std::vector<double> step = Cholesky(matrix).Solve(score.gradient);
  double longest = 0;
  for (double entry : step) longest = std::max(longest, std::fabs(entry));
  if (longest > kLongestStep) {
    for (double& entry : step) entry *= kLongestStep / longest;
  }
  return step;
}

std::vector<double> Maximize(const ConditionalLikelihood& likelihood) {
  constexpr int kSteps = 60;
  constexpr int kHalvings = 30;
  constexpr double kTolerance = 1e-9;
  // Of the value: below it rounding decides.
  constexpr double kRounding = 1e-13;
  std::vector<double> at = likelihood.PooledLogRates();
  double value = likelihood.Value(at);
  for (int i = 0; i < kSteps; ++i) {
    const ConditionalLikelihood::Score score = likelihood.ScoreAt(at);
    if (score.worst < kTolerance) break;
    std::vector<double> step = NewtonStep(score);
    bool moved = false;
    for (int halving = 0; halving < kHalvings && !moved; ++halving) {
      std::vector<double> next = at;
      for (size_t k = 0; k < next.size(); ++k) next[k] += step[k];
      const double next_value = likelihood.Value(next);
      if (next_value >= value - kRounding * std::fabs(value)) {
        at = std::move(next);
        value = next_value;
        moved = true;
      }
      for (double& entry : step) entry /= 2;
    }
    if (!moved) break;
  }
  return at;
}

// Arms that are linked get one number: union-find with the smallest index as the root.
class Links {
 public:
  explicit Links(size_t size) : parent_(size) { std::iota(parent_.begin(), parent_.end(), 0); }
  size_t Root(size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void Link(size_t i, size_t j) {
    const size_t a = Root(i);
    const size_t b = Root(j);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<size_t> parent_;
};

}  // namespace

StratifiedRates FitStratifiedRates(const std::vector<Stratum>& strata, size_t arms) {
  StratifiedRates rates{std::vector<double>(arms, 0.0), std::vector<double>(strata.size(), 0.0)};
  std::vector<size_t> with_conversions;
  for (size_t arm = 0; arm < arms; ++arm) {
    const bool any = std::any_of(strata.begin(), strata.end(), [&](const Stratum& stratum) {
      return stratum.conversions[arm] > 0;
    });
    if (any) with_conversions.push_back(arm);
  }
  if (with_conversions.empty()) return rates;
  const std::vector<double> log_factors = Maximize(ConditionalLikelihood(strata, with_conversions));
  for (size_t i = 0; i < with_conversions.size(); ++i) {
    rates.arm_factors[with_conversions[i]] = std::exp(log_factors[i]);
  }
  for (size_t t = 0; t < strata.size(); ++t) {
    const double conversions = Sum(strata[t].conversions);
    if (!(conversions > 0)) continue;
    double total = 0;
    for (size_t arm : with_conversions) total += strata[t].trials[arm] * rates.arm_factors[arm];
    rates.stratum_factors[t] = conversions / total;
  }
  return rates;
}

ContrastInformation InformationOfStrata(const std::vector<Stratum>& strata,
                                        const StratifiedRates& rates) {
  constexpr double kConversionsOfNone = 0.5;
  const size_t arms = rates.arm_factors.size();
  std::vector<double> expected(arms, 0.0);  // for ρ = 1
  for (size_t t = 0; t < strata.size(); ++t) {
    for (size_t arm = 0; arm < arms; ++arm) {
      expected[arm] += strata[t].trials[arm] * rates.stratum_factors[t];
    }
  }
  std::vector<double> factors = rates.arm_factors;
  for (size_t arm = 0; arm < arms; ++arm) {
    if (factors[arm] == 0 && expected[arm] > 0) factors[arm] = kConversionsOfNone / expected[arm];
  }
  ContrastInformation known{SquareMatrix(arms), std::vector<double>(arms, 0.0),
                            std::vector<int>(arms, -1)};
  Links links(arms);
  std::vector<double> shares(arms);
  std::vector<size_t> present;
  for (size_t t = 0; t < strata.size(); ++t) {
    if (!(rates.stratum_factors[t] > 0)) continue;
    present.clear();
    double total = 0;
    for (size_t arm = 0; arm < arms; ++arm) {
      shares[arm] = strata[t].trials[arm] * factors[arm];
      total += shares[arm];
      if (shares[arm] > 0) present.push_back(arm);
    }
    const double conversions = Sum(strata[t].conversions);
    for (size_t i : present) {
      links.Link(i, present.front());
      const double part = conversions * shares[i] / total;
      known.pooled[i] += part;
      known.information.at(i, i) += part;
      double* products = &known.information.at(i, 0);
      for (size_t j = 0; j <= i; ++j) products[j] -= part / total * shares[j];
    }
  }
  for (size_t i = 0; i < arms; ++i) {
    for (size_t j = 0; j < i; ++j) known.information.at(j, i) = known.information.at(i, j);
  }
  for (size_t arm = 0; arm < arms; ++arm) {
    if (known.pooled[arm] > 0) known.component[arm] = static_cast<int>(links.Root(arm));
  }
  return known;
}

}  // namespace mab::bandit
