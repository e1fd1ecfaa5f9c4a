#include "simulation/outcome_ledger.h"

#include <algorithm>
#include <utility>

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
  RenewPosteriors(time_seconds);
}

void OutcomeLedger::Reveal(Cohort& cohort, double age_seconds) {
  const double window = scenario_.conversion_window_seconds;
  const double before = DelayedShare(scenario_.delay, cohort.age_seconds);
  const double now = DelayedShare(scenario_.delay, std::min(age_seconds, window));
  const double left = DelayedShare(scenario_.delay, window) - before;
  // The first look at a cohort reveals what has happened from its very beginning.
  const bool first = cohort.age_seconds == 0;
  const double share = first ? now / (left + before) : (left > 0 ? (now - before) / left : 1);
  cohort.age_seconds = age_seconds;
  for (size_t arm = 0; arm < cohort.hidden.size(); ++arm) {
    if (cohort.hidden[arm] == 0) continue;
    const uint64_t revealed = age_seconds >= window
                                  ? cohort.hidden[arm]
                                  : DrawBinomial(cohort.hidden[arm], share, stream_);
    cohort.hidden[arm] -= revealed;
    cohort.conversions[arm] += revealed;
    conversions_[arm] += revealed;
  }
}

void OutcomeLedger::Settle(const Cohort& cohort) {
  for (size_t arm = 0; arm < settled_exposures_.size(); ++arm) {
    settled_exposures_[arm] += cohort.exposures[arm];
    settled_conversions_[arm] += cohort.conversions[arm];
  }
}

void OutcomeLedger::RenewPosteriors(double time_seconds) {
  const bool waits = scenario_.pending == PendingTreatment::kWaitForWindow;
  const std::vector<uint64_t>& exposures = waits ? settled_exposures_ : exposures_;
  const std::vector<uint64_t>& conversions = waits ? settled_conversions_ : conversions_;
  for (size_t arm = 0; arm < posteriors_.size(); ++arm) {
    posteriors_[arm] = {
        scenario_.prior.alpha + static_cast<double>(conversions[arm]),
        scenario_.prior.beta + static_cast<double>(exposures[arm] - conversions[arm])};
  }
  if (scenario_.pending != PendingTreatment::kWeighted) return;
  const double at_window = DelayedShare(scenario_.delay, scenario_.conversion_window_seconds);
  for (const Cohort& cohort : cohorts_) {
    const double missing =
        1 - DelayedShare(scenario_.delay, time_seconds - cohort.time_seconds) / at_window;
    for (size_t arm = 0; arm < posteriors_.size(); ++arm) {
      posteriors_[arm].beta -=
          missing * static_cast<double>(cohort.exposures[arm] - cohort.conversions[arm]);
    }
  }
}

}  // namespace mab::simulation
