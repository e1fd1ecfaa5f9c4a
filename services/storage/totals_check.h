// Whether the totals are those of the rows: variant_totals, arm_totals, delay_totals and, of
// event_counts, late and uncredited conversions, recomputed from exposures, conversions and
// versions. The drainer moves them by the rows that it inserts, so they never differ but by a hand
// in the tables, a restored part of a database, or a defect.
//
// Not checked, because no row stands behind them: the duplicate conversions, the conflicts and the
// calls of machines in event_counts. Rows of erased visitors count like all others. A total that is
// not there is one of 0. expected_exposures are sums of doubles whose last bits depend on the
// order: they differ when they differ by more than 1e-9 of what is recomputed. All else is compared
// exactly. arm_totals are compared by minute, and where they may be folded (everything before
// HoursBefore(now)) by hour.
//
// All of it is a few passes over the tables within PostgreSQL, whatever their size; only the first
// differences travel.
//
// Thread safety: functions without state; a PgConnection belongs to one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/postgres.h"
#include "common/uuid.h"

namespace mab::storage {

// One column of one row that is not what the rows say.
struct TotalsDifference {
  std::string table;  // without its schema
  ExperimentId experiment_id;
  std::string experiment_key;  // empty: there is no such experiment
  std::string row;             // the rest of its key: "variant 1, minute 2026-11-18T11:06Z"
  std::string column;
  // As PostgreSQL writes them; nullopt: there is no such row.
  std::optional<std::string> stored;
  std::optional<std::string> recomputed;
};

// An experiment whose rows are gone (row_retention.h): nothing stands behind its totals any more,
// so they are neither compared nor repaired.
struct RetiredExperiment {
  ExperimentId id;
  std::string key;
  absl::Time rows_retire_time;
};

struct TotalsReport {
  // The rows that the totals were recomputed from.
  uint64_t exposures = 0;
  uint64_t conversions = 0;
  // All differences, and the first of them, by table, experiment, time and variant.
  uint64_t differences = 0;
  std::vector<TotalsDifference> first;
  // All experiments that were left out, and the first of them, by the time that their rows went.
  uint64_t retired = 0;
  std::vector<RetiredExperiment> first_retired = {};
};

class TotalsCheck {
 public:
  struct Options {
    // Of the differences, how many the report names, and of the experiments that were left out.
    int differences_max = 100;
    // How long a repair waits for the drainers' transactions.
    absl::Duration lock_timeout = absl::Seconds(30);
  };

  // Compares, and changes nothing. One snapshot of the database: drainers, and the job that folds
  // minutes, go on meanwhile. REQUIRES: no transaction is open on `db` (as below).
  static absl::StatusOr<TotalsReport> Compare(PgConnection& db, absl::Time now,
                                              const Options& options);

  // Compares, and makes the totals what the rows say, in one transaction that drainers wait for.
  // It locks mab.journal_positions first, as they and the job that folds minutes do, so that none
  // of them is in the middle of a batch. The report says what was mended, and so does the audit log
  // where anything was. UNAVAILABLE: the lock was
  // not to be had in time, and nothing was changed.
  static absl::StatusOr<TotalsReport> Repair(PgConnection& db, absl::Time now,
                                             const Options& options);
};

}  // namespace mab::storage
