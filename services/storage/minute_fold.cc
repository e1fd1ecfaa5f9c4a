#include "storage/minute_fold.h"

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace mab::storage {
namespace {

constexpr char kTryLockSql[] = "SELECT pg_try_advisory_xact_lock($1) AS locked";

// By arm_totals_unfolded.
constexpr char kFindSql[] = R"(
SELECT experiment_id, minute
FROM mab.arm_totals
WHERE minute < $1 AND minute <> date_bin('1 hour', minute, 'epoch')
ORDER BY minute
LIMIT 1)";

// As a repair of the totals does: every drainer's transaction begins with a lock that conflicts.
constexpr char kLockSql[] = "LOCK TABLE mab.journal_positions IN EXCLUSIVE MODE";

// A statement of its own, after the lock, so that it sees what the drainers have committed. The
// hour's own row is never deleted: a statement can't delete a row and update it.
constexpr char kFoldSql[] = R"(
WITH old AS (
  SELECT minute, variant_index
  FROM mab.arm_totals
  WHERE experiment_id = $1 AND minute >= $2 AND minute < $3
    AND minute <> date_bin('1 hour', minute, 'epoch')
  ORDER BY minute, variant_index
  LIMIT $4
), folded AS (
  DELETE FROM mab.arm_totals
  USING old
  WHERE arm_totals.experiment_id = $1 AND arm_totals.minute = old.minute
    AND arm_totals.variant_index = old.variant_index
  RETURNING arm_totals.variant_index, arm_totals.minute, exposures, expected_exposures, conversions
), hours AS (
  INSERT INTO mab.arm_totals (experiment_id, variant_index, minute, exposures, expected_exposures,
                              conversions)
  SELECT $1, variant_index, date_bin('1 hour', minute, 'epoch') AS hour, sum(exposures),
         sum(expected_exposures), sum(conversions)
  FROM folded
  GROUP BY hour, variant_index
  ORDER BY hour, variant_index
  ON CONFLICT (experiment_id, minute, variant_index) DO UPDATE SET
    exposures = arm_totals.exposures + excluded.exposures,
    expected_exposures = arm_totals.expected_exposures + excluded.expected_exposures,
    conversions = arm_totals.conversions + excluded.conversions
)
SELECT count(*) AS rows FROM folded)";

}  // namespace

absl::StatusOr<MinuteFold::Batch> MinuteFold::FoldBatch(PgConnection& db, absl::Time before,
                                                        const Options& options) {
  const Batch done{.rows = 0, .done = true};
  MAB_ASSIGN_OR_RETURN(const PgResult lock, db.Execute(kTryLockSql, {kLockKey}));
  if (!lock.Bool(0, "locked")) return done;
  // Before the drainers are locked out, for in most cases there is nothing to fold.
  MAB_ASSIGN_OR_RETURN(const PgResult oldest, db.Execute(kFindSql, {before}));
  if (oldest.rows() == 0) return done;

  MAB_RETURN_IF_ERROR(db.Execute(absl::StrCat("SET LOCAL lock_timeout = ",
                                              absl::ToInt64Milliseconds(options.lock_timeout)))
                          .status());
  MAB_RETURN_IF_ERROR(db.Execute(kLockSql).status());
  MAB_ASSIGN_OR_RETURN(const PgResult folded,
                       db.Execute(kFoldSql, {ExperimentId{oldest.GetUuid(0, "experiment_id")},
                                             oldest.Time(0, "minute"), before, options.rows_max}));
  return Batch{.rows = static_cast<uint64_t>(folded.Int(0, "rows")), .done = false};
}

}  // namespace mab::storage
