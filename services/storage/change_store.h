// The marks in an experiment's life: when it was started, paused, completed, and when what its
// visitors get was changed. Read from the audit log, without saying who did it.
//
// Thread safety: stateless; a PgConnection belongs to one thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/postgres.h"
#include "common/uuid.h"

namespace mab::storage {

enum class ChangeKind {
  kStarted,
  kPaused,
  kResumed,
  kCompleted,
  kArchived,
  kVariantDisabled,
  // Policy, floor, burn-in, traffic share, or a variant's weight or payload.
  kChanged,
};

struct ExperimentChange {
  absl::Time at;
  ChangeKind kind = ChangeKind::kChanged;
  // Of the winner, or of the variant that was disabled; empty otherwise.
  std::string variant_key;
};

struct ChangeQuery {
  ExperimentId id;
  absl::Time since;
  std::optional<absl::Time> until = std::nullopt;  // not included
};

class ChangeStore {
 public:
  // Changes in one answer, and the newest entries of the audit log that are looked at for them.
  static constexpr int kChangesMax = 200;
  static constexpr int kEntriesMax = 400;

  // The newest kChangesMax, oldest first. One indexed statement in the caller's transaction.
  // `since` is at or after the experiment's start: what a draft's updates touched is no change.
  // An update of more than 64 KiB is taken for a change unread: payloads that an update leaves
  // alone are not in its entry, so it has brought new ones.
  static absl::StatusOr<std::vector<ExperimentChange>> List(PgConnection& db,
                                                            const ChangeQuery& query);
};

}  // namespace mab::storage
