#include "storage/totals_check.h"

#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "storage/audit_store.h"
#include "storage/rollup_store.h"

namespace mab::storage {
namespace {

// A check may take minutes, and nobody waits for it in a request. A server whose client is gone
// stops within a second, and lets its locks go.
constexpr char kBeginSql[] =
    "; SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SET LOCAL statement_timeout = 0"
    "; SET LOCAL client_connection_check_interval = '1s'; SET LOCAL work_mem = '64MB'"
    "; SET LOCAL lock_timeout = ";

// The first statement of a repair: the snapshot, which the next one takes, then has all that the
// drainers committed before. It conflicts with FOR UPDATE, not with plain reading.
constexpr char kLockSql[] = "LOCK TABLE mab.journal_positions IN EXCLUSIVE MODE";

// ---- The rows, counted by what the totals need: one pass over each table.

// Those whose rows are gone, or going: their totals are all that is left.
constexpr char kRetiredSql[] = R"(
CREATE TEMPORARY TABLE retired_experiments ON COMMIT DROP AS
SELECT id FROM mab.experiments WHERE rows_retire_time IS NOT NULL)";

constexpr char kCountExposuresSql[] = R"(
CREATE TEMPORARY TABLE counted_exposures ON COMMIT DROP AS
SELECT experiment_id, variant_index, version, date_bin('1 minute', exposed_at, 'epoch') AS minute,
       count(*) AS exposures
FROM mab.exposures
WHERE experiment_id NOT IN (SELECT id FROM pg_temp.retired_experiments)
GROUP BY experiment_id, variant_index, version, minute)";

// Of credited conversions there is a minute and a bucket, of others a day and a kind.
constexpr char kCountConversionsSql[] = R"(
CREATE TEMPORARY TABLE counted_conversions ON COMMIT DROP AS
SELECT experiment_id, variant_index,
       CASE WHEN credited THEN date_bin('1 minute', exposed_at, 'epoch') END AS minute,
       CASE WHEN credited THEN mab.delay_bucket(exposed_at, converted_at) END AS delay_bucket,
       CASE WHEN NOT credited THEN (converted_at AT TIME ZONE 'UTC')::date END AS day,
       CASE WHEN credited THEN NULL
            WHEN exposed_at IS NULL THEN 'UNCREDITED_CONVERSION'
            ELSE 'LATE_CONVERSION' END AS kind,
       count(*) AS conversions
FROM mab.conversions
WHERE experiment_id NOT IN (SELECT id FROM pg_temp.retired_experiments)
GROUP BY experiment_id, variant_index, minute, delay_bucket, day, kind)";

constexpr char kSumRowsSql[] = R"(
SELECT (SELECT coalesce(sum(exposures), 0) FROM pg_temp.counted_exposures) AS exposures,
       (SELECT coalesce(sum(conversions), 0) FROM pg_temp.counted_conversions) AS conversions)";

// ---- What differs, a temporary table for each table of totals: the key, and of each column what
// is stored and what is recomputed. Both are null where there is no row.

constexpr char kDifferingVariantsSql[] = R"(
CREATE TEMPORARY TABLE differing_variants ON COMMIT DROP AS
SELECT experiment_id, variant_index,
       stored.exposures AS stored_exposures, recomputed.exposures,
       stored.conversions AS stored_conversions, recomputed.conversions
FROM (
  SELECT experiment_id, variant_index, sum(exposures)::bigint AS exposures,
         sum(conversions)::bigint AS conversions
  FROM (
    SELECT experiment_id, variant_index, exposures, 0 AS conversions
    FROM pg_temp.counted_exposures
    UNION ALL
    SELECT experiment_id, variant_index, 0, conversions
    FROM pg_temp.counted_conversions
    WHERE kind IS NULL
  ) AS counted
  GROUP BY experiment_id, variant_index
) AS recomputed
FULL JOIN mab.variant_totals AS stored USING (experiment_id, variant_index)
WHERE coalesce(stored.exposures, 0) <> coalesce(recomputed.exposures, 0)
   OR coalesce(stored.conversions, 0) <> coalesce(recomputed.conversions, 0))";

// Before $1, the start of an hour, by hours: how much of an hour is folded into the row of its
// first minute depends on when the job ran that does so.
//
// Expectations as the drainer computes them (event_rows.cc). In their comparison 1e-200 keeps the
// product of two tiny numbers from being refused as an underflow; and "more than", asked this way
// around, finds a stored NaN, which PostgreSQL takes for greater than any number.
constexpr char kDifferingArmsSql[] = R"(
CREATE TEMPORARY TABLE differing_arms ON COMMIT DROP AS
SELECT experiment_id, variant_index, cell,
       CASE WHEN cell < $1::timestamptz THEN interval '1 hour' ELSE interval '1 minute' END AS length,
       stored.exposures AS stored_exposures, recomputed.exposures,
       stored.expected_exposures AS stored_expected_exposures, recomputed.expected_exposures,
       stored.conversions AS stored_conversions, recomputed.conversions,
       abs(coalesce(stored.expected_exposures, 0) - coalesce(recomputed.expected_exposures, 0))
         > 1e-9 * greatest(1e-200, recomputed.expected_exposures) AS expectations_differ
FROM (
  SELECT experiment_id, variant_index,
         CASE WHEN minute < $1::timestamptz THEN date_bin('1 hour', minute, 'epoch') ELSE minute END
           AS cell,
         sum(exposures)::bigint AS exposures, sum(expected_exposures) AS expected_exposures,
         sum(conversions)::bigint AS conversions
  FROM (
    SELECT experiment_id, variant_index, minute, exposures, 0::float8 AS expected_exposures,
           0 AS conversions
    FROM pg_temp.counted_exposures
    UNION ALL
    SELECT experiment_id, (arm.ordinality - 1)::smallint, minute, 0,
           sum(exposures) * arm.allocation, 0
    FROM pg_temp.counted_exposures
    JOIN mab.versions USING (experiment_id, version)
    CROSS JOIN unnest(versions.allocations) WITH ORDINALITY AS arm (allocation, ordinality)
    WHERE arm.allocation > 0
    GROUP BY experiment_id, version, minute, arm.ordinality, arm.allocation
    UNION ALL
    SELECT experiment_id, variant_index, minute, 0, 0, conversions
    FROM pg_temp.counted_conversions
    WHERE minute IS NOT NULL
  ) AS counted
  GROUP BY experiment_id, variant_index, cell
) AS recomputed
FULL JOIN (
  SELECT experiment_id, variant_index,
         CASE WHEN minute < $1::timestamptz THEN date_bin('1 hour', minute, 'epoch') ELSE minute END
           AS cell,
         sum(exposures)::bigint AS exposures, sum(expected_exposures) AS expected_exposures,
         sum(conversions)::bigint AS conversions
  FROM mab.arm_totals
  GROUP BY experiment_id, variant_index, cell
) AS stored USING (experiment_id, variant_index, cell)
WHERE coalesce(stored.exposures, 0) <> coalesce(recomputed.exposures, 0)
   OR coalesce(stored.conversions, 0) <> coalesce(recomputed.conversions, 0)
   OR abs(coalesce(stored.expected_exposures, 0) - coalesce(recomputed.expected_exposures, 0))
        > 1e-9 * greatest(1e-200, recomputed.expected_exposures))";

constexpr char kDifferingDelaysSql[] = R"(
CREATE TEMPORARY TABLE differing_delays ON COMMIT DROP AS
SELECT experiment_id, variant_index, hour, delay_bucket,
       stored.conversions AS stored_conversions, recomputed.conversions
FROM (
  SELECT experiment_id, variant_index, date_bin('1 hour', minute, 'epoch') AS hour, delay_bucket,
         sum(conversions)::bigint AS conversions
  FROM pg_temp.counted_conversions
  WHERE minute IS NOT NULL
  GROUP BY experiment_id, variant_index, hour, delay_bucket
) AS recomputed
FULL JOIN mab.delay_totals AS stored USING (experiment_id, variant_index, hour, delay_bucket)
WHERE coalesce(stored.conversions, 0) <> coalesce(recomputed.conversions, 0))";

constexpr char kDifferingCountsSql[] = R"(
CREATE TEMPORARY TABLE differing_counts ON COMMIT DROP AS
SELECT experiment_id, day, kind, stored.count AS stored_count, recomputed.count
FROM (
  SELECT experiment_id, day, kind, sum(conversions)::bigint AS count
  FROM pg_temp.counted_conversions
  WHERE kind IS NOT NULL
  GROUP BY experiment_id, day, kind
) AS recomputed
FULL JOIN (
  SELECT experiment_id, day, kind, count
  FROM mab.event_counts
  WHERE kind IN ('LATE_CONVERSION', 'UNCREDITED_CONVERSION')
) AS stored USING (experiment_id, day, kind)
WHERE coalesce(stored.count, 0) <> coalesce(recomputed.count, 0))";

constexpr char kReadRetiredSql[] = R"(
SELECT id, key, rows_retire_time, count(*) OVER () AS experiments
FROM mab.experiments
WHERE rows_retire_time IS NOT NULL
ORDER BY rows_retire_time, id
LIMIT $1)";

// A line a column that differs. `lines` counts all of them, whatever the limit.
constexpr char kReadDifferencesSql[] = R"(
SELECT differing.table_name, differing.experiment_id, coalesce(experiments.key, '') AS key,
       differing.row_name, differing.column_name, differing.stored, differing.recomputed,
       count(*) OVER () AS lines
FROM (
  SELECT 'variant_totals' AS table_name, experiment_id, NULL::timestamptz AS at, variant_index,
         0 AS delay_bucket, format('variant %s', variant_index) AS row_name, compared.*
  FROM pg_temp.differing_variants
  CROSS JOIN LATERAL (VALUES
    ('exposures', stored_exposures::text, exposures::text,
     coalesce(stored_exposures, 0) <> coalesce(exposures, 0)),
    ('conversions', stored_conversions::text, conversions::text,
     coalesce(stored_conversions, 0) <> coalesce(conversions, 0))
  ) AS compared (column_name, stored, recomputed, differs)
  UNION ALL
  SELECT 'arm_totals', experiment_id, cell, variant_index, 0,
         format('variant %s, %s %s', variant_index,
                CASE length WHEN interval '1 hour' THEN 'hour' ELSE 'minute' END,
                to_char(cell AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"')), compared.*
  FROM pg_temp.differing_arms
  CROSS JOIN LATERAL (VALUES
    ('exposures', stored_exposures::text, exposures::text,
     coalesce(stored_exposures, 0) <> coalesce(exposures, 0)),
    ('expected_exposures', stored_expected_exposures::text, expected_exposures::text,
     expectations_differ),
    ('conversions', stored_conversions::text, conversions::text,
     coalesce(stored_conversions, 0) <> coalesce(conversions, 0))
  ) AS compared (column_name, stored, recomputed, differs)
  UNION ALL
  SELECT 'delay_totals', experiment_id, hour, variant_index, delay_bucket,
         format('variant %s, hour %s, delay bucket %s', variant_index,
                to_char(hour AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"'), delay_bucket),
         'conversions', stored_conversions::text, conversions::text, true
  FROM pg_temp.differing_delays
  UNION ALL
  SELECT 'event_counts', experiment_id, day::timestamp AT TIME ZONE 'UTC', 0, 0, format('%s, %s', kind, day),
         'count', stored_count::text, count::text, true
  FROM pg_temp.differing_counts
) AS differing
LEFT JOIN mab.experiments ON experiments.id = differing.experiment_id
WHERE differing.differs
ORDER BY array_position(ARRAY['variant_totals', 'arm_totals', 'delay_totals', 'event_counts'],
                        differing.table_name),
         differing.experiment_id, differing.at, differing.variant_index, differing.delay_bucket,
         differing.row_name, differing.column_name
LIMIT $1)";

// ---- The repair, of what differs alone: a row that no other row stands behind goes, all others
// become what was recomputed. Of an hour all rows go, and what was recomputed is its one row.

constexpr const char* kRepairSql[] = {
    R"(
DELETE FROM mab.variant_totals AS stored
USING pg_temp.differing_variants AS differing
WHERE stored.experiment_id = differing.experiment_id
  AND stored.variant_index = differing.variant_index
  AND differing.exposures IS NULL)",
    R"(
INSERT INTO mab.variant_totals (experiment_id, variant_index, exposures, conversions)
SELECT experiment_id, variant_index, exposures, conversions
FROM pg_temp.differing_variants
WHERE exposures IS NOT NULL
ON CONFLICT (experiment_id, variant_index) DO UPDATE SET
  exposures = excluded.exposures, conversions = excluded.conversions)",
    R"(
DELETE FROM mab.arm_totals AS stored
USING pg_temp.differing_arms AS differing
WHERE stored.experiment_id = differing.experiment_id
  AND stored.variant_index = differing.variant_index
  AND stored.minute >= differing.cell AND stored.minute < differing.cell + differing.length)",
    R"(
INSERT INTO mab.arm_totals (experiment_id, variant_index, minute, exposures, expected_exposures,
                            conversions)
SELECT experiment_id, variant_index, cell, exposures, expected_exposures, conversions
FROM pg_temp.differing_arms
WHERE exposures IS NOT NULL)",
    R"(
DELETE FROM mab.delay_totals AS stored
USING pg_temp.differing_delays AS differing
WHERE stored.experiment_id = differing.experiment_id
  AND stored.variant_index = differing.variant_index
  AND stored.hour = differing.hour
  AND stored.delay_bucket = differing.delay_bucket
  AND differing.conversions IS NULL)",
    R"(
INSERT INTO mab.delay_totals (experiment_id, variant_index, hour, delay_bucket, conversions)
SELECT experiment_id, variant_index, hour, delay_bucket, conversions
FROM pg_temp.differing_delays
WHERE conversions IS NOT NULL
ON CONFLICT (experiment_id, hour, variant_index, delay_bucket) DO UPDATE SET
  conversions = excluded.conversions)",
    R"(
DELETE FROM mab.event_counts AS stored
USING pg_temp.differing_counts AS differing
WHERE stored.experiment_id = differing.experiment_id
  AND stored.day = differing.day
  AND stored.kind = differing.kind
  AND differing.count IS NULL)",
    R"(
INSERT INTO mab.event_counts (experiment_id, day, kind, count)
SELECT experiment_id, day, kind, count
FROM pg_temp.differing_counts
WHERE count IS NOT NULL
ON CONFLICT (experiment_id, day, kind) DO UPDATE SET count = excluded.count)",
};

absl::Status FindDifferences(PgConnection& db, absl::Time now) {
  for (const char* sql : {kRetiredSql, kCountExposuresSql, kCountConversionsSql,
                          kDifferingVariantsSql, kDifferingDelaysSql, kDifferingCountsSql}) {
    MAB_RETURN_IF_ERROR(db.Execute(sql).status());
  }
  MAB_RETURN_IF_ERROR(db.Execute(kDifferingArmsSql, {HoursBefore(now)}).status());
  // What was found of experiments whose rows are gone is no difference, and must outlive a repair.
  for (const char* table :
       {"differing_variants", "differing_arms", "differing_delays", "differing_counts"}) {
    MAB_RETURN_IF_ERROR(db.Execute(absl::StrCat("DELETE FROM pg_temp.", table,
                                                " WHERE experiment_id IN "
                                                "(SELECT id FROM pg_temp.retired_experiments)"))
                            .status());
  }
  return absl::OkStatus();
}

absl::StatusOr<TotalsReport> ReadReport(PgConnection& db, int differences_max) {
  MAB_ASSIGN_OR_RETURN(const PgResult rows, db.Execute(kSumRowsSql));
  TotalsReport report;
  report.exposures = static_cast<uint64_t>(rows.Int(0, "exposures"));
  report.conversions = static_cast<uint64_t>(rows.Int(0, "conversions"));
  MAB_ASSIGN_OR_RETURN(const PgResult lines, db.Execute(kReadDifferencesSql, {differences_max}));
  if (lines.rows() > 0) report.differences = static_cast<uint64_t>(lines.Int(0, "lines"));
  for (int line = 0; line < lines.rows(); ++line) {
    report.first.push_back({.table = std::string(lines.Text(line, "table_name")),
                            .experiment_id = ExperimentId{lines.GetUuid(line, "experiment_id")},
                            .experiment_key = std::string(lines.Text(line, "key")),
                            .row = std::string(lines.Text(line, "row_name")),
                            .column = std::string(lines.Text(line, "column_name")),
                            .stored = lines.OptionalText(line, "stored"),
                            .recomputed = lines.OptionalText(line, "recomputed")});
  }
  MAB_ASSIGN_OR_RETURN(const PgResult retired, db.Execute(kReadRetiredSql, {differences_max}));
  if (retired.rows() > 0) report.retired = static_cast<uint64_t>(retired.Int(0, "experiments"));
  for (int row = 0; row < retired.rows(); ++row) {
    report.first_retired.push_back({.id = ExperimentId{retired.GetUuid(row, "id")},
                                    .key = std::string(retired.Text(row, "key")),
                                    .rows_retire_time = retired.Time(row, "rows_retire_time")});
  }
  return report;
}

absl::Status AppendAudit(PgConnection& db, absl::Time now, uint64_t differences) {
  AuditEntry entry;
  entry.at = now;
  entry.action = "totals.repair";
  entry.subject_type = "totals";
  entry.subject_id = "all";
  entry.after_json = absl::StrCat(R"({"differences":)", differences, "}");
  return AuditStore::Append(db, entry);
}

absl::StatusOr<TotalsReport> InTransaction(
    PgConnection& db, absl::Duration lock_timeout,
    const std::function<absl::StatusOr<TotalsReport>()>& body) {
  MAB_RETURN_IF_ERROR(
      db.Begin(absl::StrCat(kPgBegin, kBeginSql, absl::ToInt64Milliseconds(lock_timeout))));
  absl::StatusOr<TotalsReport> report = body();
  MAB_RETURN_IF_ERROR(db.Finish(report.status()));
  return report;
}

absl::Status LockOutDrainers(PgConnection& db, absl::Duration lock_timeout) {
  const absl::Status locked = db.Execute(kLockSql).status();
  if (!absl::IsUnavailable(locked) || !db.healthy()) return locked;
  return absl::UnavailableError(absl::StrCat(
      "another transaction has held mab.journal_positions for ", absl::FormatDuration(lock_timeout),
      ": a batch that hangs, or another repair. Nothing was changed; try again later (",
      locked.message(), ")"));
}

}  // namespace

absl::StatusOr<TotalsReport> TotalsCheck::Compare(PgConnection& db, absl::Time now,
                                                  const Options& options) {
  return InTransaction(db, options.lock_timeout, [&]() -> absl::StatusOr<TotalsReport> {
    MAB_RETURN_IF_ERROR(FindDifferences(db, now));
    return ReadReport(db, options.differences_max);
  });
}

absl::StatusOr<TotalsReport> TotalsCheck::Repair(PgConnection& db, absl::Time now,
                                                 const Options& options) {
  return InTransaction(db, options.lock_timeout, [&]() -> absl::StatusOr<TotalsReport> {
    MAB_RETURN_IF_ERROR(LockOutDrainers(db, options.lock_timeout));
    MAB_RETURN_IF_ERROR(FindDifferences(db, now));
    for (const char* sql : kRepairSql) MAB_RETURN_IF_ERROR(db.Execute(sql).status());
    MAB_ASSIGN_OR_RETURN(TotalsReport report, ReadReport(db, options.differences_max));
    if (report.differences > 0) MAB_RETURN_IF_ERROR(AppendAudit(db, now, report.differences));
    return report;
  });
}

}  // namespace mab::storage
