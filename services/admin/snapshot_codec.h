// From what the refresher publishes to the messages of the snapshot stream.
//
// Thread safety: pure functions, but for the log.
#pragma once

#include <cstddef>
#include <functional>

#include "admin/snapshot_hub.h"
#include "mab/v1/snapshot_service.pb.h"

namespace mab::admin {

// A message is sent once it has as many bytes; one experiment can make it larger by its payloads
// (at most 100 of 16 KiB of JSON text each).
inline constexpr size_t kSnapshotMessageBytes = 2 * 1024 * 1024;

// Drafts and archived experiments bear only id, key, revision and state. A payload that protobuf
// can't represent goes out as null, with an error in the log.
mab::v1::ExperimentSnapshot EncodeExperimentSnapshot(const PublishedExperiment& published);

// Calls `write` with one message, or with several that belong together (`more`). False where
// `write` said false.
bool EncodeSnapshotUpdate(const SnapshotUpdate& update, size_t message_bytes,
                          const std::function<bool(const mab::v1::WatchSnapshotsResponse&)>& write);

}  // namespace mab::admin
