#include "simulation/outcome_ledger.h"

#include <algorithm>
#include <utility>

#include "bandit/delayed_posterior.h"
#include "bandit/freeze_version.h"
#include "simulation/delay_model.h"
#include "simulation/multinomial.h"

namespace mab::simulation {

OutcomeLedger::OutcomeLedger(const Scenario& scenario, bandit::RandomStream stream)
    : scenario_(scenario),
      stream_(stream),
      immediate_(scenario.delay.kind == DelayKind::kNone &&
                 scenario.pending != PendingTreatment::kWaitForWindow),
      exposures_(scenario.rates.size(), 0),
      conversions_(scenario.rates.size(), 0),
      settled_exposures_(scenario.rates.size(), 0),
      settled_conversions_(scenario.rates.size(), 0),
      settled_delays_(bandit::kDelayBuckets, 0.0),
      delays_(bandit::DelayDistribution::Estimate({}, scenario.conversion_window_seconds)),
      posteriors_(scenario.rates.size(), scenario.prior) {}

void OutcomeLedger::Add(double time_seconds, const std::vector<uint64_t>& exposures,
                        const std::vector<uint64_t>& conversions) {
  for (size_t arm = 0; arm < exposures.size(); ++arm) {
    exposures_[arm] += exposures[arm];
    if (immediate_) conversions_[arm] += conversions[arm];
  }
  if (immediate_) return;
  Cohort cohort;
  cohort.time_seconds = time_seconds;
  cohort.exposures = exposures;
  cohort.conversions.assign(exposures.size(), 0);
  cohort.hidden = conversions;
  cohorts_.push_back(std::move(cohort));
}

void OutcomeLedger::AdvanceTo(double time_seconds) {
  for (Cohort& cohort : cohorts_) Reveal(cohort, time_seconds - cohort.time_seconds);
  while (!cohorts_.empty() && cohorts_.front().age_seconds >= scenario_.conversion_window_seconds) {
    Settle(cohorts_.front());
    cohorts_.pop_front();
  }
  switch (scenario_.pending) {
    case PendingTreatment::kWaitForWindow:
      return CountPosteriors(settled_exposures_, settled_conversions_);
    case PendingTreatment::kFailure:
      return CountPosteriors(exposures_, conversions_);
    case PendingTreatment::kWeighted:
      if (immediate_) return CountPosteriors(exposures_, conversions_);
      EstimateDelays(time_seconds);
      return WeighPosteriors(time_seconds);
  }
}

void OutcomeLedger::Reveal(Cohort& cohort, double age_seconds) {
  const double window = scenario_.conversion_window_seconds;
  // An age of 0 is before the first look at a cohort: nothing of it was revealed yet, also where
  // delays are 0.
  const double from = cohort.age_seconds;
  const double to = std::min(age_seconds, window);
  const double before = from == 0 ? 0 : DelayedShare(scenario_.delay, from);
  const double step = DelayedShare(scenario_.delay, to) - before;
  const double left = DelayedShare(scenario_.delay, window) - before;
  const double share = age_seconds >= window || !(left > step) ? 1 : step / left;
  cohort.age_seconds = age_seconds;
  double all_revealed = 0;
  for (size_t arm = 0; arm < cohort.hidden.size(); ++arm) {
    const uint64_t revealed = DrawBinomial(cohort.hidden[arm], share, stream_);
    cohort.hidden[arm] -= revealed;
    cohort.conversions[arm] += revealed;
    conversions_[arm] += revealed;
    all_revealed += static_cast<double>(revealed);
  }
  if (scenario_.pending == PendingTreatment::kWeighted && all_revealed > 0) {
    RecordDelays(cohort, from, to, all_revealed);
  }
}

void OutcomeLedger::RecordDelays(Cohort& cohort, double from_seconds, double to_seconds,
                                 double conversions) {
  cohort.delays.resize(bandit::kDelayBuckets, 0.0);
  delays_observed_ += conversions;
  const double before = from_seconds == 0 ? 0 : DelayedShare(scenario_.delay, from_seconds);
  const double whole = DelayedShare(scenario_.delay, to_seconds) - before;
  const int first = bandit::DelayBucket(from_seconds);
  const int last = bandit::DelayBucket(to_seconds);
  double below = before;
  for (int bucket = first; bucket <= last; ++bucket) {
    const double up_to =
        bucket == last ? to_seconds : std::min(to_seconds, bandit::DelayBucketStart(bucket + 1));
    const double until = DelayedShare(scenario_.delay, up_to);
    const double share = whole > 0 ? (until - below) / whole : (bucket == last ? 1 : 0);
    cohort.delays[static_cast<size_t>(bucket)] += conversions * share;
    below = until;
  }
}

void OutcomeLedger::Settle(const Cohort& cohort) {
  for (size_t arm = 0; arm < settled_exposures_.size(); ++arm) {
    settled_exposures_[arm] += cohort.exposures[arm];
    settled_conversions_[arm] += cohort.conversions[arm];
  }
  for (size_t bucket = 0; bucket < cohort.delays.size(); ++bucket) {
    settled_delays_[bucket] += cohort.delays[bucket];
  }
}

// Again when there are a twentieth more conversions: less would change nothing that matters.
void OutcomeLedger::EstimateDelays(double time_seconds) {
  if (delays_observed_ < 1.05 * delays_estimated_from_ || delays_observed_ == 0) return;
  delays_estimated_from_ = delays_observed_;
  std::vector<bandit::DelayedConversions> cells;
  const auto add = [&](double age_seconds, const std::vector<double>& delays) {
    for (size_t bucket = 0; bucket < delays.size(); ++bucket) {
      if (delays[bucket] > 0) {
        cells.push_back({.age_seconds = age_seconds,
                         .delay_bucket = static_cast<int>(bucket),
                         .conversions = delays[bucket]});
      }
    }
  };
  add(scenario_.conversion_window_seconds, settled_delays_);
  for (const Cohort& cohort : cohorts_) add(time_seconds - cohort.time_seconds, cohort.delays);
  delays_ = bandit::DelayDistribution::Estimate(cells, scenario_.conversion_window_seconds);
}

void OutcomeLedger::CountPosteriors(const std::vector<uint64_t>& exposures,
                                    const std::vector<uint64_t>& conversions) {
  for (size_t arm = 0; arm < posteriors_.size(); ++arm) {
    posteriors_[arm] = bandit::CountedPosterior(scenario_.prior, exposures[arm], conversions[arm]);
  }
}

void OutcomeLedger::WeighPosteriors(double time_seconds) {
  std::vector<bandit::PendingTrials> unconverted;
  for (size_t arm = 0; arm < posteriors_.size(); ++arm) {
    unconverted.clear();
    unconverted.push_back(
        {static_cast<double>(settled_exposures_[arm] - settled_conversions_[arm]), 1.0});
    for (const Cohort& cohort : cohorts_) {
      if (cohort.exposures[arm] == cohort.conversions[arm]) continue;
      unconverted.push_back({static_cast<double>(cohort.exposures[arm] - cohort.conversions[arm]),
                             delays_.CompletedShare(time_seconds - cohort.time_seconds)});
    }
    posteriors_[arm] = bandit::DelayedPosterior(
        scenario_.prior, static_cast<double>(conversions_[arm]), unconverted);
  }
}

}  // namespace mab::simulation
