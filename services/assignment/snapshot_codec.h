// Between the snapshots of the wire (mab/v1/snapshot*.proto) and Snapshot. What comes in is
// checked, so that nothing behind this border meets an experiment that a draw could crash on:
// 16-byte salts, finite numbers, 2 to 100 arms that match the variants, allocations in [0, 1], one
// control, a known sampler.
//
// Thread safety: pure functions, but for the log.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "assignment/snapshot.h"
#include "assignment/snapshot_merge.h"
#include "mab/v1/snapshot.pb.h"
#include "mab/v1/snapshot_service.pb.h"

namespace mab::assignment {

// INVALID_ARGUMENT with every field that is wrong.
absl::StatusOr<std::shared_ptr<const SnapshotExperiment>> DecodeExperiment(
    const v1::ExperimentSnapshot& proto);

// An experiment that is not fit for use goes to `refused`, with an error in the log; the others are
// taken.
SnapshotUpdate DecodeUpdate(const v1::WatchSnapshotsResponse& proto);

// The whole of it; DecodeUpdate of a full message with it gives the same snapshot.
v1::Snapshot EncodeSnapshot(const Snapshot& snapshot);

}  // namespace mab::assignment
