#include "bandit/delay_distribution.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>

namespace mab::bandit {
namespace {

constexpr double kBucketsPerDoubling = 8;
constexpr size_t kBuckets = kDelayBuckets;

// A delay on the scale on which buckets are of length 1.
double Position(double seconds) {
  return kBucketsPerDoubling * std::log(1 + std::max(0.0, seconds)) / std::numbers::ln2;
}

// Position() with the last bucket's end, which is open, for everything beyond it.
double BoundedPosition(double seconds) {
  return std::min(Position(seconds), static_cast<double>(kBuckets));
}

// What the estimate is made of, by bucket.
struct RiskSets {
  std::array<double, kBuckets> conversions{};
  // Conversions in this bucket or a lower one, of exposures old enough to have shown this one.
  std::array<double, kBuckets> at_risk{};
};

double BucketMiddle(size_t bucket) {
  return std::expm1((static_cast<double>(bucket) + 0.5) * std::numbers::ln2 / kBucketsPerDoubling);
}

// Of the cell's exposures, the share that is old enough to have shown a conversion of its bucket.
double OldEnough(const DelayedConversions& cell) {
  const double delay = BucketMiddle(static_cast<size_t>(cell.delay_bucket));
  if (delay <= cell.age_seconds || !(cell.spread_seconds > 0)) return 1;
  return std::max(DelayDistribution::kShareMin,
                  1 - (delay - cell.age_seconds) / cell.spread_seconds);
}

// The prior's distribution of delays at a position: 0 before the first.
double PriorShare(double position, double window_position) {
  if (position <= 0) return 0;
  return 1 - DelayDistribution::kPriorTail * (1 - position / window_position);
}

// `last_bucket` is the one in which the window ends.
RiskSets Gather(const std::vector<DelayedConversions>& cells, double window_seconds,
                size_t last_bucket) {
  RiskSets sets;
  // A cell is at risk from its bucket up to the last one that its exposures have shown whole.
  std::array<double, kBuckets + 1> enters{};
  for (const DelayedConversions& cell : cells) {
    if (cell.delay_bucket < 0 || !(cell.conversions > 0)) continue;
    const auto bucket = static_cast<size_t>(cell.delay_bucket);
    // How many buckets enough of the exposures have shown whole.
    const double age =
        cell.age_seconds + (1 - DelayDistribution::kShareMin) * std::max(0.0, cell.spread_seconds);
    const size_t shown =
        age >= window_seconds ? last_bucket + 1 : static_cast<size_t>(BoundedPosition(age));
    if (bucket >= shown) continue;
    const double conversions = cell.conversions / OldEnough(cell);
    sets.conversions[bucket] += conversions;
    enters[bucket] += conversions;
    enters[shown] -= conversions;
  }
  double at_risk = 0;
  for (size_t bucket = 0; bucket < kBuckets; ++bucket) {
    at_risk += enters[bucket];
    // Sums of fractions may leave a rounding of either sign where nothing is at risk.
    sets.at_risk[bucket] = std::max(at_risk, sets.conversions[bucket]);
  }
  return sets;
}

}  // namespace

int DelayBucket(double seconds) {
  return static_cast<int>(std::min(Position(seconds), static_cast<double>(kBuckets - 1)));
}

double DelayBucketStart(int bucket) {
  return std::expm1(bucket * std::numbers::ln2 / kBucketsPerDoubling);
}

DelayDistribution::DelayDistribution() { completed_.fill(1); }

DelayDistribution DelayDistribution::Estimate(const std::vector<DelayedConversions>& cells,
                                              double window_seconds) {
  DelayDistribution distribution;
  if (!(window_seconds > 0)) return distribution;
  distribution.window_seconds_ = window_seconds;
  distribution.window_position_ = BoundedPosition(window_seconds);
  const double window = distribution.window_position_;
  // A window that ends where a bucket begins ends the bucket before.
  const auto last_bucket =
      std::min(kBuckets - 1, static_cast<size_t>(std::max(0.0, std::ceil(window) - 1)));
  const RiskSets sets = Gather(cells, window_seconds, last_bucket);
  for (size_t bucket = last_bucket + 1; bucket-- > 0;) {
    const double start = static_cast<double>(bucket);
    const double end = std::min(start + 1, window);
    const double prior = kPriorConversions * PriorShare(end, window);
    const double conversions =
        sets.conversions[bucket] + prior - kPriorConversions * PriorShare(start, window);
    const double at_risk = sets.at_risk[bucket] + prior;
    distribution.completed_[bucket] = bucket == 0 ? 0
                                                  : distribution.completed_[bucket + 1] *
                                                        std::max(0.0, 1 - conversions / at_risk);
  }
  return distribution;
}

double DelayDistribution::CompletedShare(double age_seconds) const {
  if (!(age_seconds < window_seconds_)) return 1;
  const double position = std::min(Position(age_seconds), window_position_);
  const auto bucket = static_cast<size_t>(position);
  if (bucket >= kBuckets) return 1;
  const double start = static_cast<double>(bucket);
  const double length = std::min(start + 1, window_position_) - start;
  if (!(length > 0)) return completed_[bucket];
  const double within = std::min(1.0, (position - start) / length);
  return completed_[bucket] + within * (completed_[bucket + 1] - completed_[bucket]);
}

}  // namespace mab::bandit
