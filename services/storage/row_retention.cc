#include "storage/row_retention.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "storage/audit_store.h"

namespace mab::storage {
namespace {

constexpr char kTryLockSql[] = "SELECT pg_try_advisory_xact_lock($1) AS locked";

// Nothing of an archived experiment changes, so the time of its last change is when it was
// archived. The tables' keys begin with the experiment. By their order each look is one into an
// index; for EXISTS, which knows none, the planner reads a table until it meets the experiment.
constexpr char kFindSql[] = R"(
SELECT id, key, update_time AS archive_time, rows_retire_time IS NULL AS unmarked
FROM mab.experiments
WHERE state = 'ARCHIVED' AND update_time < $1
  AND (rows_retire_time IS NULL
       OR (SELECT user_hash FROM mab.assignments WHERE experiment_id = id
           ORDER BY experiment_id, user_hash LIMIT 1) IS NOT NULL
       OR (SELECT user_hash FROM mab.exposures WHERE experiment_id = id
           ORDER BY experiment_id, user_hash LIMIT 1) IS NOT NULL
       OR (SELECT user_hash FROM mab.conversions WHERE experiment_id = id
           ORDER BY experiment_id, user_hash LIMIT 1) IS NOT NULL)
ORDER BY update_time, id
LIMIT 1)";

// Whoever is changing the experiment is waited for; the next run finds it, if it is still to go.
constexpr char kMarkSql[] = R"(
UPDATE mab.experiments SET rows_retire_time = $2
WHERE id = $1 AND state = 'ARCHIVED' AND rows_retire_time IS NULL)";

constexpr char kRetireSql[] = "SELECT deleted, last_hash FROM mab.retire_rows_after($1, $2, $3)";

constexpr char kClearSetAsideSql[] = "SELECT mab.retire_set_aside_records($1) AS cleared";

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

// The experiment that is next, marked; nullopt: there is none.
absl::StatusOr<std::optional<RowRetention::Position>> FindNext(
    PgConnection& db, absl::Time now, const RowRetention::Options& options) {
  MAB_ASSIGN_OR_RETURN(const PgResult found, db.Execute(kFindSql, {options.archived_before}));
  if (found.rows() == 0) return std::nullopt;
  RowRetention::Position position{.id = ExperimentId{found.GetUuid(0, "id")},
                                  .experiment_key = std::string(found.Text(0, "key")),
                                  .progress = found.Bool(0, "unmarked")};
  if (position.progress) {
    MAB_RETURN_IF_ERROR(
        Mark(db, now, position.id, found.Time(0, "archive_time"), options.retention_days));
  }
  return position;
}

}  // namespace

absl::StatusOr<RowRetention::Batch> RowRetention::RetireBatch(PgConnection& db, absl::Time now,
                                                              const Options& options,
                                                              std::optional<Position> position) {
  Batch batch{.done = true};
  MAB_ASSIGN_OR_RETURN(const PgResult lock, db.Execute(kTryLockSql, {kLockKey}));
  if (!lock.Bool(0, "locked")) return batch;
  if (!position.has_value()) {
    MAB_ASSIGN_OR_RETURN(position, FindNext(db, now, options));
    if (!position.has_value()) return batch;
    batch.marked = position->progress;
  }
  MAB_ASSIGN_OR_RETURN(const PgResult retired,
                       db.Execute(kRetireSql, {position->id, PgParam::Bytes(position->user_hash),
                                               options.rows_max}));
  batch.experiment_key = position->experiment_key;
  batch.rows = static_cast<uint64_t>(retired.Int(0, "deleted"));
  position->progress |= batch.rows > 0;
  // Rows that are there and can't be had now would be found again and again.
  batch.done = false;
  if (retired.IsNull(0, "last_hash")) {
    batch.done = !position->progress;
  } else {
    position->user_hash = retired.Bytes(0, "last_hash");
    batch.next = std::move(position);
  }
  return batch;
}

absl::StatusOr<int> RowRetention::ClearSetAside(PgConnection& db, int records_max) {
  MAB_ASSIGN_OR_RETURN(const PgResult cleared, db.Execute(kClearSetAsideSql, {records_max}));
  return static_cast<int>(cleared.Int(0, "cleared"));
}

}  // namespace mab::storage
