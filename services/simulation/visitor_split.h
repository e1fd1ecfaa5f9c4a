// How a policy divides the visitors of one interval among the arms, from what is known at the
// interval's start.
//
// Thread safety: one thread an object.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "bandit/random_stream.h"
#include "simulation/outcome_ledger.h"
#include "simulation/scenario.h"

namespace mab::simulation {

class VisitorSplit {
 public:
  virtual ~VisitorSplit() = default;

  // Fills `by_arm`, whose sum is `visitors`.
  virtual void Split(const OutcomeLedger& known, uint64_t visitors, bandit::RandomStream& stream,
                     std::vector<uint64_t>& by_arm) = 0;
};

// The scenario's policy on its engine; the scenario outlives it. Under Engine::kPerVisitor Thompson
// draws for every visitor; the other policies of the product freeze a version an interval in either
// engine, as their draw needs its P(best). UCB1 serves one arm an interval, as it does where
// feedback comes in batches.
std::unique_ptr<VisitorSplit> MakeVisitorSplit(const Scenario& scenario);

}  // namespace mab::simulation
