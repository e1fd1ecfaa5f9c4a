// Folds old minutes of arm_totals into the row of their hour, which is that of its first minute: a
// sixtieth of the rows. The job in admin uses it (minute_folder.h); readers are RollupStore and
// TotalsCheck, for which it makes no difference.
//
// A batch is of one experiment, and is deleted and added up in one statement. It locks the drainers
// out for its few milliseconds, for they take the rows of a batch of their own in an order that
// nothing here could follow: without the lock the two could wait for one another. What they add to
// a folded hour later (a late conversion to minute 37) is a row again, which the next fold adds up.
//
// Thread safety: stateless; a PgConnection belongs to one thread.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/postgres.h"

namespace mab::storage {

class MinuteFold {
 public:
  // "mab fold": held while a batch is folded, so that of several admins one does.
  static constexpr int64_t kLockKey = 0x6d6162'666f6c64;

  struct Options {
    // Rows that a transaction folds at most, at least 1.
    int rows_max = 5000;
    // How long the drainers' transactions are waited for, while new ones wait in turn.
    absl::Duration lock_timeout = absl::Seconds(2);
  };

  struct Batch {
    // Rows that are no more.
    uint64_t rows = 0;
    // Nothing older than `before` is left, or another process is folding.
    bool done = false;
  };

  // Folds one batch of minutes before `before`, the start of an hour, in the caller's transaction.
  // UNAVAILABLE where a drainer's transaction, or a repair of the totals, holds the lock for too
  // long; nothing was changed.
  static absl::StatusOr<Batch> FoldBatch(PgConnection& db, absl::Time before,
                                         const Options& options);
};

}  // namespace mab::storage
