// Many experiments of one user in one call. An experiment that fails does not keep the others from
// being answered.
//
// Thread safety: as the assigner's and the exposer's.
#pragma once

#include "assignment/answer.h"
#include "assignment/assigner.h"
#include "assignment/exposer.h"
#include "assignment/query.h"
#include "assignment/snapshot.h"

namespace mab::assignment {

Recorded<BatchAssignment> AssignBatch(Assigner& assigner, const Snapshot& snapshot,
                                      const BatchAssignQuery& query);

// Every experiment that answers the caller, at most kAllExperimentsMax of them.
inline constexpr size_t kAllExperimentsMax = 500;
Recorded<AllAssignments> AssignAll(Assigner& assigner, const Snapshot& snapshot,
                                   const AssignAllQuery& query);

Recorded<BatchExposure> ExposeBatch(Exposer& exposer, const Snapshot& snapshot,
                                    const BatchExposeQuery& query);

}  // namespace mab::assignment
