#include "assignment/batch.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "assignment/experiment_lookup.h"

namespace mab::assignment {

Recorded<BatchAssignment> AssignBatch(Assigner& assigner, const Snapshot& snapshot,
                                      const BatchAssignQuery& query) {
  Recorded<BatchAssignment> batch;
  for (const std::string& experiment : query.experiments) {
    const auto forced = query.force.find(experiment);
    absl::StatusOr<Recorded<Assignment>> one =
        forced != query.force.end()
            ? assigner.Preview(snapshot, experiment, forced->second, query.caller)
            : assigner.Assign(snapshot, {experiment, query.user, query.expose, query.caller});
    if (!one.ok()) {
      batch.answer.errors.push_back({experiment, std::move(one).status()});
      continue;
    }
    batch.wait.Add(one->wait);
    batch.answer.assignments.push_back(std::move(one->answer));
  }
  return batch;
}

Recorded<AllAssignments> AssignAll(Assigner& assigner, const Snapshot& snapshot,
                                   const AssignAllQuery& query) {
  Recorded<AllAssignments> all;
  const auto experiments = ListAnswering(snapshot, query.caller);
  Caller caller = query.caller;
  caller.by_key = false;
  const size_t count = std::min(experiments.size(), kAllExperimentsMax);
  all.answer.omitted = experiments.size() - count;
  for (size_t i = 0; i < count; ++i) {
    absl::StatusOr<Recorded<Assignment>> one =
        assigner.Assign(snapshot, {experiments[i]->id_text, query.user, query.expose, caller});
    if (!one.ok()) {
      all.answer.errors.push_back({experiments[i]->key, std::move(one).status()});
      continue;
    }
    all.wait.Add(one->wait);
    all.answer.assignments.push_back(std::move(one->answer));
  }
  return all;
}

Recorded<BatchExposure> ExposeBatch(Exposer& exposer, const Snapshot& snapshot,
                                    const BatchExposeQuery& query) {
  Recorded<BatchExposure> batch;
  for (const std::string& experiment : query.experiments) {
    absl::StatusOr<Recorded<Exposure>> one =
        exposer.Expose(snapshot, {experiment, query.user, query.caller});
    if (!one.ok()) {
      batch.answer.errors.push_back({experiment, std::move(one).status()});
      continue;
    }
    batch.wait.Add(one->wait);
    batch.answer.exposures.push_back({experiment, one->answer});
  }
  return batch;
}

}  // namespace mab::assignment
