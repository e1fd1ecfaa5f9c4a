// The last snapshot, kept on disk: with it the service starts while admin is away.
//
// Thread safety: pure functions; two writers of one path are the caller's to keep apart.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "assignment/snapshot.h"

namespace mab::assignment {

absl::Status SaveSnapshot(const Snapshot& snapshot, const std::string& path);

// Null where there is no file. DATA_LOSS when it is damaged. An experiment in it that is not fit
// for use is left out, with an error in the log.
absl::StatusOr<std::shared_ptr<const Snapshot>> LoadSnapshot(const std::string& path);

}  // namespace mab::assignment
