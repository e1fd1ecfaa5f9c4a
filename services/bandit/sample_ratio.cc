#include "bandit/sample_ratio.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "bandit/chi_square.h"
#include "bandit/cholesky.h"

namespace mab::bandit {
namespace {

double Sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

void Add(const SampleRatioCell& cell, SampleRatioCell& sum) {
  for (size_t arm = 0; arm < sum.observed.size(); ++arm) {
    sum.observed[arm] += std::max(0.0, cell.observed[arm]);
    sum.expected[arm] += std::max(0.0, cell.expected[arm]);
  }
}

bool IsImpossible(const SampleRatioCell& cell) {
  for (size_t arm = 0; arm < cell.observed.size(); ++arm) {
    if (cell.observed[arm] > 0 && !(cell.expected[arm] > 0)) return true;
  }
  return false;
}

// Consecutive cells together, until there are kSparseExpected expected exposures an arm that could
// be drawn. What is left over at the end joins the last group.
std::vector<SampleRatioCell> Groups(const std::vector<SampleRatioCell>& cells, size_t arms) {
  const SampleRatioCell empty{std::vector<double>(arms, 0.0), std::vector<double>(arms, 0.0)};
  std::vector<SampleRatioCell> groups;
  SampleRatioCell open = empty;
  for (const SampleRatioCell& cell : cells) {
    Add(cell, open);
    const auto possible = std::count_if(open.expected.begin(), open.expected.end(),
                                        [](double expected) { return expected > 0; });
    if (Sum(open.expected) < kSparseExpected * static_cast<double>(possible)) continue;
    if (possible == 0) continue;
    groups.push_back(open);
    open = empty;
  }
  if (!groups.empty()) Add(open, groups.back());
  return groups;
}

struct ChiSquare {
  double statistic = 0;
  double degrees_of_freedom = 0;
};

// Of one group: arms below kSparseExpected are pooled, and while they are still below it together,
// the smallest of the others joins them.
ChiSquare ChiSquareOf(const SampleRatioCell& group) {
  struct Count {
    double expected;
    double observed;
  };
  std::vector<Count> counts;
  for (size_t arm = 0; arm < group.expected.size(); ++arm) {
    if (group.expected[arm] > 0) counts.push_back({group.expected[arm], group.observed[arm]});
  }
  std::sort(counts.begin(), counts.end(),
            [](const Count& a, const Count& b) { return a.expected < b.expected; });
  ChiSquare sum;
  const auto close = [&](const Count& count) {
    const double gap = count.observed - count.expected;
    sum.statistic += gap * gap / count.expected;
    ++sum.degrees_of_freedom;
  };
  Count pool{0, 0};
  for (const Count& count : counts) {
    pool.expected += count.expected;
    pool.observed += count.observed;
    if (pool.expected < kSparseExpected) continue;
    close(pool);
    pool = {0, 0};
  }
  if (sum.degrees_of_freedom < 2) return ChiSquare{};
  --sum.degrees_of_freedom;
  return sum;
}

// Arms by category: one each, but those below kSparseExpected in all, and if need be the next ones,
// are one together. Categories are 0 to their number − 1; the first is the pooled one.
std::vector<size_t> Categories(const std::vector<double>& expected) {
  std::vector<size_t> order(expected.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return expected[a] < expected[b]; });
  std::vector<size_t> categories(expected.size(), 0);
  double pooled = 0;
  size_t category = 0;
  for (size_t arm : order) {
    if (pooled >= kSparseExpected) ++category;
    pooled += expected[arm];
    categories[arm] = category;
  }
  return categories;
}

double TotalsPValue(const std::vector<SampleRatioCell>& cells, const SampleRatioCell& totals) {
  const std::vector<size_t> categories = Categories(totals.expected);
  const size_t count = 1 + *std::max_element(categories.begin(), categories.end());
  if (count < 2) return 1;
  std::vector<double> gaps(count, 0.0);
  SquareMatrix variance(count);
  std::vector<double> expected(count);
  for (const SampleRatioCell& cell : cells) {
    std::fill(expected.begin(), expected.end(), 0.0);
    for (size_t arm = 0; arm < categories.size(); ++arm) {
      expected[categories[arm]] += std::max(0.0, cell.expected[arm]);
      gaps[categories[arm]] +=
          std::max(0.0, cell.observed[arm]) - std::max(0.0, cell.expected[arm]);
    }
    const double all = Sum(expected);
    if (!(all > 0)) continue;
    for (size_t i = 0; i < count; ++i) {
      variance.at(i, i) += expected[i];
      for (size_t j = 0; j <= i; ++j) variance.at(i, j) -= expected[i] / all * expected[j];
    }
  }
  // Singular along (1, …, 1), to which the gaps are orthogonal.
  const double along = Sum(totals.expected) / static_cast<double>(count * count);
  for (size_t i = 0; i < count; ++i) {
    for (size_t j = 0; j <= i; ++j) variance.at(i, j) += along;
  }
  const std::vector<double> solution = Cholesky(variance).Solve(gaps);
  double statistic = 0;
  for (size_t i = 0; i < count; ++i) statistic += gaps[i] * solution[i];
  return ChiSquareUpperTail(statistic, static_cast<double>(count - 1));
}

// The largest logarithm of e.
double LargestLogE(const std::vector<SampleRatioCell>& cells, size_t arms) {
  // What the ratio of an arm is shrunk towards 1 with: losses of a few per cent are what there is
  // to find, and fewer exposures than this cannot show them.
  constexpr double kShrinkage = 100;
  SampleRatioCell past{std::vector<double>(arms, 0.0), std::vector<double>(arms, 0.0)};
  std::vector<double> multiples(arms, 1.0);
  double log_e = 0;
  double largest = 0;
  for (const SampleRatioCell& cell : cells) {
    for (size_t arm = 0; arm < arms; ++arm) {
      log_e += std::max(0.0, cell.observed[arm]) * std::log(multiples[arm]) -
               std::max(0.0, cell.expected[arm]) * (multiples[arm] - 1);
    }
    largest = std::max(largest, log_e);
    Add(cell, past);
    double scaled = 0;
    double plain = 0;
    for (size_t arm = 0; arm < arms; ++arm) {
      multiples[arm] = (past.observed[arm] + kShrinkage) / (past.expected[arm] + kShrinkage);
      scaled += multiples[arm] * std::max(0.0, cell.expected[arm]);
      plain += std::max(0.0, cell.expected[arm]);
    }
    if (!(scaled > 0)) continue;
    for (double& multiple : multiples) multiple *= plain / scaled;
  }
  return largest;
}

}  // namespace

SampleRatio TestSampleRatio(const std::vector<SampleRatioCell>& cells, size_t arms) {
  SampleRatioCell totals{std::vector<double>(arms, 0.0), std::vector<double>(arms, 0.0)};
  SampleRatio result;
  for (const SampleRatioCell& cell : cells) {
    Add(cell, totals);
    result.impossible = result.impossible || IsImpossible(cell);
  }
  result.observed = totals.observed;
  result.expected = totals.expected;
  for (const SampleRatioCell& group : Groups(cells, arms)) {
    const ChiSquare part = ChiSquareOf(group);
    result.chi_square += part.statistic;
    result.degrees_of_freedom += part.degrees_of_freedom;
  }
  if (result.degrees_of_freedom > 0) {
    result.p_value = ChiSquareUpperTail(result.chi_square, result.degrees_of_freedom);
  }
  result.totals_p_value = TotalsPValue(cells, totals);
  result.anytime_p_value = std::exp(-LargestLogE(cells, arms));
  if (result.impossible) result.p_value = result.totals_p_value = result.anytime_p_value = 0;
  result.alarm = result.anytime_p_value < kSampleRatioAlarm;
  return result;
}

}  // namespace mab::bandit
