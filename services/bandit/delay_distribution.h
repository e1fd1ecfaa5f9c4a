// How long conversions take: G(age), the share of an exposure's conversions that have come when it
// is `age` old, of all that come within the conversion window. What an exposure that has not
// converted yet counts as a failure (delayed_posterior.h); used by the version refresher each
// second and by analytics.
//
// Estimated from the experiment's own credited conversions, pooled over its arms. A young exposure
// can only have shown short delays, so the observed delays are right-truncated by the age; the
// estimate is the product limit in reverse time (Lagakos, Barraj & De Gruttola, "Nonparametric
// analysis of truncated survival data", Biometrika 1988): with d_b conversions in bucket b, and R_b
// conversions in buckets 0 to b among the exposures that are old enough to have shown b,
// G(b − 1) = G(b) (1 − d_b / R_b) downwards from G = 1 at the window. Conversions are counted by
// the hour of exposure, so that the youngest exposures of a cell could not show what the oldest
// could: a conversion counts once over the share of its cell's exposures that are old enough for
// its delay (Horvitz & Thompson 1952), and delays for which that share is below kShareMin are left
// out.
//
// An experiment younger than its window cannot know the tail. So kPriorConversions conversions of
// full age are added, 1 − kPriorTail of them at once, the rest uniform in log(1 + delay) over the
// window: without data G(age) is 1 − kPriorTail (1 − log(1 + age) / log(1 + window)). So until it
// is seen otherwise an exposure that has not converted counts nearly whole, and the rates that are
// shown are nearly conversions / exposures; each stretch of delays follows the data as soon as
// there are more than a few; and beyond the oldest exposure's age G keeps the prior's shape. (A
// prior that expects most conversions late would, in an experiment whose visitors convert at once,
// show several times the true rate for its first hours.)
//
// G is taken as the same for all arms and at all times, and as known: its own uncertainty is in no
// posterior. In a draw that is harmless, since all arms have the same G.
//
// Thread safety: an immutable value.
#pragma once

#include <array>
#include <vector>

namespace mab::bandit {

// Buckets of delay, as mab.delay_bucket of migrations/0002_events.sql has them:
// min(200, floor(8 · log2(1 + seconds))). Each is 9 % wider than the one before; the last is open.
inline constexpr int kDelayBuckets = 201;

// 0 to kDelayBuckets − 1. Negative delays count as 0.
int DelayBucket(double seconds);
// The smallest delay of the bucket, in seconds: 2^(bucket / 8) − 1. REQUIRES: 0 <= bucket.
double DelayBucketStart(int bucket);

// Conversions of exposures of about one age. All cells of one age may also be given one by one, in
// any order.
struct DelayedConversions {
  // Of the youngest exposure of the cell, now − its time, >= 0: for an hour that is over, now − its
  // end; for the running one, 0.
  double age_seconds = 0;
  // 0 to kDelayBuckets − 1.
  int delay_bucket = 0;
  // Credited ones, >= 0.
  double conversions = 0;
  // The oldest exposure of the cell is this much older; the others are spread evenly between. >= 0.
  double spread_seconds = 0;
};

class DelayDistribution {
 public:
  // How many conversions the prior shape is worth, and how many of these take their time.
  static constexpr double kPriorConversions = 1;
  static constexpr double kPriorTail = 0.02;
  // Of a cell's exposures that must be old enough for a delay.
  static constexpr double kShareMin = 0.25;

  // Nothing waits: G = 1 at every age.
  DelayDistribution();

  // In O(cells + buckets). `window_seconds` is the conversion window; 0: nothing waits. Cells with
  // delays beyond the window are ignored. Any number of cells, also none.
  static DelayDistribution Estimate(const std::vector<DelayedConversions>& cells,
                                    double window_seconds);

  // G: 0 at age 0 (and below), never falls, 1 at and past the window. Within a bucket linear in
  // log(1 + age).
  double CompletedShare(double age_seconds) const;

 private:
  double window_seconds_ = 0;
  // 8 · log2(1 + window), the window on the scale of buckets.
  double window_position_ = 0;
  // G at the start of each bucket; 1 from the window on.
  std::array<double, kDelayBuckets + 1> completed_{};
};

}  // namespace mab::bandit
