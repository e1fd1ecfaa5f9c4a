#include "bandit/sample_ratio.h"

#include <algorithm>
#include <cmath>

#include "bandit/stirling.h"

namespace mab::bandit {
namespace {

bool IsImpossible(const SampleRatioCell& cell) {
  for (size_t arm = 0; arm < cell.observed.size(); ++arm) {
    if (cell.observed[arm] > 0 && !(cell.expected[arm] > 0)) return true;
  }
  return false;
}

void Add(const std::vector<double>& counts, std::vector<double>& totals) {
  for (size_t arm = 0; arm < totals.size(); ++arm) totals[arm] += std::max(0.0, counts[arm]);
}

}  // namespace

double LogSampleRatioEvidence(const std::vector<double>& observed,
                              const std::vector<double>& expected) {
  constexpr double kPrior = kSampleRatioConcentration;
  const double prior_error = StirlingError(kPrior);
  double log_e = 0;
  for (size_t arm = 0; arm < observed.size(); ++arm) {
    // By Stirling's formula for both gammas, of which large terms cancel.
    const double seen = kPrior + observed[arm];
    const double drawn = kPrior + expected[arm];
    const double gap = observed[arm] - expected[arm];
    log_e += seen * std::log1p(gap / drawn) - gap - std::log1p(observed[arm] / kPrior) / 2 +
             StirlingError(seen) - prior_error;
  }
  return log_e;
}

SampleRatio TestSampleRatio(const std::vector<SampleRatioCell>& cells, size_t arms) {
  SampleRatio result;
  result.observed.assign(arms, 0.0);
  result.expected.assign(arms, 0.0);
  double largest = 0;
  for (const SampleRatioCell& cell : cells) {
    Add(cell.observed, result.observed);
    Add(cell.expected, result.expected);
    largest = std::max(largest, LogSampleRatioEvidence(result.observed, result.expected));
    result.impossible = result.impossible || IsImpossible(cell);
  }
  result.anytime_p_value = result.impossible ? 0 : std::exp(-largest);
  result.alarm = result.anytime_p_value < kSampleRatioAlarm;
  return result;
}

}  // namespace mab::bandit
