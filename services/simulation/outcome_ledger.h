// What is known of each arm at a moment of a simulated experiment: its exposures, the conversions
// that have happened by now, and the posterior that production makes of them.
//
// Conversions come in after a delay. The ledger holds those of a cohort (the exposures of one
// interval) back and reveals of them, as time goes on, a binomial share: in distribution the same
// as a delay drawn for each, at a cost that doesn't depend on the number of visitors. Delays are
// those of credited conversions, so none is longer than the conversion window.
//
// Thread safety: one thread an object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "bandit/delay_distribution.h"
#include "bandit/draw_version.h"
#include "bandit/random_stream.h"
#include "simulation/scenario.h"

namespace mab::simulation {

class OutcomeLedger {
 public:
  // `scenario` outlives this. `stream` decides when conversions come in.
  OutcomeLedger(const Scenario& scenario, bandit::RandomStream stream);

  // Exposures of one interval, by arm, and which of them convert sooner or later. `time_seconds`
  // never decreases.
  void Add(double time_seconds, const std::vector<uint64_t>& exposures,
           const std::vector<uint64_t>& conversions);

  // Reveals what has happened by `time_seconds` (which never decreases) and renews the posteriors.
  void AdvanceTo(double time_seconds);

  // As of the last AdvanceTo, by arm, by the scenario's treatment of pending exposures.
  const std::vector<bandit::Posterior>& posteriors() const { return posteriors_; }
  // All exposures, by arm.
  const std::vector<uint64_t>& exposures() const { return exposures_; }
  // The conversions that have happened, by arm.
  const std::vector<uint64_t>& conversions() const { return conversions_; }

 private:
  struct Cohort {
    double time_seconds = 0;
    // Of its last revelation.
    double age_seconds = 0;
    std::vector<uint64_t> exposures;
    std::vector<uint64_t> conversions;  // revealed
    std::vector<uint64_t> hidden;       // conversions to come
    // Of all arms, by bucket of delay; empty until there is one.
    std::vector<double> delays;
  };

  void Reveal(Cohort& cohort, double age_seconds);
  void Settle(const Cohort& cohort);
  void RecordDelays(Cohort& cohort, double from_seconds, double to_seconds, double conversions);
  void EstimateDelays(double time_seconds);
  void CountPosteriors(const std::vector<uint64_t>& exposures,
                       const std::vector<uint64_t>& conversions);
  void WeighPosteriors(double time_seconds);

  const Scenario& scenario_;
  bandit::RandomStream stream_;
  // Every outcome is known at once.
  const bool immediate_;
  std::vector<uint64_t> exposures_;
  std::vector<uint64_t> conversions_;
  // Of cohorts that are older than the window.
  std::vector<uint64_t> settled_exposures_;
  std::vector<uint64_t> settled_conversions_;
  std::vector<double> settled_delays_;
  // Younger ones, oldest first.
  std::deque<Cohort> cohorts_;
  // As production would estimate it, and the conversions that it was estimated from.
  bandit::DelayDistribution delays_;
  double delays_estimated_from_ = 0;
  double delays_observed_ = 0;
  std::vector<bandit::Posterior> posteriors_;
};

}  // namespace mab::simulation
