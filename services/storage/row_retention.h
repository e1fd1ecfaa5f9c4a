// Deletes the raw rows of experiments that have been archived for long: assignments, exposures and
// conversions, which hold visitors' hashes and event ids. Totals, rollups and versions stay, so
// reports stay as they were. The job in admin uses it (retention_job.h).
//
// The experiment is marked in the transaction of its first batch, which also appends to the audit
// log; from then on nobody takes what is left for all that there was (totals_check.h,
// replay_check.h, admin's lookup). Records that are drained after the mark (a journal that was
// away for long) still move the totals, once each, for that they do by position; their rows are
// found and deleted by the next run.
//
// A batch takes no lock that a drainer waits for longer than the batch, and waits for no drainer's:
// rows that somebody has locked are left to the next run (mab.retire_rows_after). Batches go on
// from visitor to visitor in the order of the tables' key, so that none of them reads what it does
// not delete, nor what those before it deleted.
//
// Records that were set aside are cleared apart from the rows, of all experiments that are marked:
// one may be set aside when the last row has long gone.
//
// Thread safety: stateless; a PgConnection belongs to one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/postgres.h"
#include "common/uuid.h"

namespace mab::storage {

class RowRetention {
 public:
  // "mab rows": held while a batch is deleted, so that of several admins one does.
  static constexpr int64_t kLockKey = 0x6d6162'726f7773;

  struct Options {
    // Experiments that were archived before this.
    absl::Time archived_before;
    // Of the audit entry: what was configured.
    int retention_days = 0;
    // Rows of each table that a transaction deletes at most, at least 1.
    int rows_max = 10'000;
  };

  // In the rows of an experiment: where its next batch begins.
  struct Position {
    ExperimentId id;
    std::string experiment_key = {};
    // Of the last visitor whose rows were looked at; empty: none yet.
    std::string user_hash = {};
    // Something was deleted since the first visitor, or the experiment was marked.
    bool progress = false;
  };
  struct Batch {
    // Rows that are no more.
    uint64_t rows = 0;
    // This batch is the first of its experiment.
    bool marked = false;
    // Of the experiment; empty where there was none.
    std::string experiment_key = {};
    // Where to go on; nullopt: no visitor of this experiment is left.
    std::optional<Position> next = std::nullopt;
    // Nothing is left to delete, what is left is locked by others, or another process deletes.
    bool done = false;
  };

  // Deletes one batch, in the caller's transaction: from `position`, or from the first visitor of
  // the experiment that has been archived for the longest time.
  static absl::StatusOr<Batch> RetireBatch(PgConnection& db, absl::Time now, const Options& options,
                                           std::optional<Position> position = std::nullopt);

  // Clears records that were set aside of experiments that are marked, at most so many, in the
  // caller's transaction; how many those were.
  static absl::StatusOr<int> ClearSetAside(PgConnection& db, int records_max);
};

}  // namespace mab::storage
