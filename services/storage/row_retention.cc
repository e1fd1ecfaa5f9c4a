#include "storage/row_retention.h"

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "storage/audit_store.h"

namespace mab::storage {
namespace {

constexpr char kTryLockSql[] = "SELECT pg_try_advisory_xact_lock($1) AS locked";

// Nothing of an archived experiment changes, so the time of its last change is when it was
// archived. The tables' keys begin with the experiment: each EXISTS is one look into an index.
constexpr char kFindSql[] = R"(
SELECT id, key, update_time AS archive_time, rows_retire_time IS NULL AS unmarked
FROM mab.experiments
WHERE state = 'ARCHIVED' AND update_time < $1
  AND (rows_retire_time IS NULL
       OR EXISTS (SELECT FROM mab.assignments WHERE experiment_id = id)
       OR EXISTS (SELECT FROM mab.exposures WHERE experiment_id = id)
       OR EXISTS (SELECT FROM mab.conversions WHERE experiment_id = id))
ORDER BY update_time, id
LIMIT 1)";

// Whoever is changing the experiment is waited for; the next run finds it, if it is still to go.
constexpr char kMarkSql[] = R"(
UPDATE mab.experiments SET rows_retire_time = $2
WHERE id = $1 AND state = 'ARCHIVED' AND rows_retire_time IS NULL)";

constexpr char kRetireSql[] = "SELECT mab.retire_rows($1, $2) AS rows";

constexpr char kTimeFormat[] = "%Y-%m-%dT%H:%M:%E6SZ";

absl::Status Mark(PgConnection& db, absl::Time now, ExperimentId id, absl::Time archive_time,
                  int retention_days) {
  MAB_RETURN_IF_ERROR(db.Execute(kMarkSql, {id, now}).status());
  AuditEntry entry;
  entry.at = now;
  entry.action = "experiment.retire_rows";
  entry.subject_type = "experiment";
  entry.subject_id = id.ToString();
  entry.after_json = absl::StrCat(R"({"archive_time":")",
                                  absl::FormatTime(kTimeFormat, archive_time, absl::UTCTimeZone()),
                                  R"(","retention_days":)", retention_days, "}");
  return AuditStore::Append(db, entry);
}

}  // namespace

absl::StatusOr<RowRetention::Batch> RowRetention::RetireBatch(PgConnection& db, absl::Time now,
                                                              const Options& options) {
  Batch batch{.done = true};
  MAB_ASSIGN_OR_RETURN(const PgResult lock, db.Execute(kTryLockSql, {kLockKey}));
  if (!lock.Bool(0, "locked")) return batch;
  MAB_ASSIGN_OR_RETURN(const PgResult found, db.Execute(kFindSql, {options.archived_before}));
  if (found.rows() == 0) return batch;

  const ExperimentId id{found.GetUuid(0, "id")};
  batch.experiment_key = std::string(found.Text(0, "key"));
  batch.marked = found.Bool(0, "unmarked");
  if (batch.marked) {
    MAB_RETURN_IF_ERROR(Mark(db, now, id, found.Time(0, "archive_time"), options.retention_days));
  }
  MAB_ASSIGN_OR_RETURN(const PgResult retired, db.Execute(kRetireSql, {id, options.rows_max}));
  batch.rows = static_cast<uint64_t>(retired.Int(0, "rows"));
  // Rows that are there and can't be had now would be found again and again.
  batch.done = batch.rows == 0 && !batch.marked;
  return batch;
}

}  // namespace mab::storage
