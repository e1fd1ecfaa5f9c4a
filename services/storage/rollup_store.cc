#include "storage/rollup_store.h"

#include <algorithm>
#include <string>

#include "common/status_macros.h"

namespace mab::storage {
namespace {

// The first cell that is young is found in advance, so that a row costs a range of the index and
// one bucket; OFFSET 0 has its age computed once. The bucket is mab.delay_bucket's, written out:
// called, the function costs more than all the rest of a row. What is past the window is not summed
// up: it is what the young leave of the running totals.
constexpr char kArmAgesSql[] = R"(
WITH asked AS (
  SELECT id AS experiment_id, window_seconds,
         CASE WHEN window_start >= $3::timestamptz THEN window_start - interval '30 seconds'
              ELSE date_bin('1 hour', window_start - interval '30 minutes', 'epoch')
                   + interval '59:59.999999' END AS old_minute
  FROM (
    SELECT id, conversion_window_seconds::float8 AS window_seconds,
           $2::timestamptz - make_interval(secs => conversion_window_seconds) AS window_start
    FROM mab.experiments
    WHERE id = ANY($1::uuid[])
  ) AS windows
), young AS (
  SELECT experiment_id, variant_index,
         least(200, floor(8 * ln(1 + age) / ln(2::float8)))::smallint AS age_bucket,
         sum(exposures)::bigint AS exposures, sum(conversions)::bigint AS conversions,
         sum(age * exposures) AS age_sum
  FROM (
    SELECT arm_totals.experiment_id, variant_index, exposures, conversions,
           greatest(0, extract(epoch FROM $2::timestamptz - CASE
             WHEN minute < $3::timestamptz
             THEN date_bin('1 hour', minute, 'epoch') + interval '30 minutes'
             ELSE minute + least(interval '30 seconds', ($2::timestamptz - minute) / 2)
             END)::float8) AS age
    FROM asked
    JOIN mab.arm_totals ON arm_totals.experiment_id = asked.experiment_id
                       AND arm_totals.minute > asked.old_minute
    OFFSET 0
  ) AS aged
  GROUP BY experiment_id, variant_index, age_bucket
)
SELECT experiment_id, variant_index, age_bucket, exposures, conversions,
       age_sum / exposures AS mean_age
FROM young
WHERE exposures > 0
UNION ALL
SELECT experiment_id, variant_index, NULL,
       greatest(0, totals.exposures - coalesce(young_sums.exposures, 0)),
       greatest(0, totals.conversions - coalesce(young_sums.conversions, 0)), window_seconds
FROM asked
JOIN mab.variant_totals AS totals USING (experiment_id)
LEFT JOIN (
  SELECT experiment_id, variant_index, sum(exposures)::bigint AS exposures,
         sum(conversions)::bigint AS conversions
  FROM young
  GROUP BY experiment_id, variant_index
) AS young_sums USING (experiment_id, variant_index)
ORDER BY experiment_id, variant_index, age_bucket NULLS LAST)";

constexpr char kDelayCellsSql[] = R"(
SELECT asked.id AS experiment_id, CASE WHEN $3 THEN variant_index ELSE 0 END AS variant, hour,
       delay_bucket, sum(conversions)::bigint AS conversions
FROM mab.experiments AS asked
JOIN mab.delay_totals ON delay_totals.experiment_id = asked.id
 AND hour >= $2::timestamptz - make_interval(secs => 2 * conversion_window_seconds::float8, days => 2)
WHERE asked.id = ANY($1::uuid[])
GROUP BY asked.id, variant, hour, delay_bucket
ORDER BY asked.id, hour, variant, delay_bucket)";

constexpr char kHoursSql[] = R"(
SELECT date_bin('1 hour', minute, 'epoch') AS hour,
       variant_index, sum(exposures)::bigint AS exposures,
       sum(expected_exposures) AS expected_exposures, sum(conversions)::bigint AS conversions
FROM mab.arm_totals
WHERE experiment_id = $1 AND minute >= $2::timestamptz
GROUP BY hour, variant_index
ORDER BY hour, variant_index)";

constexpr char kEventCountsSql[] = R"(
SELECT kind, sum(count)::bigint AS all_time,
       coalesce(sum(count) FILTER (WHERE day >= ($2::timestamptz AT TIME ZONE 'UTC')::date - 1), 0)::bigint
         AS recent
FROM mab.event_counts
WHERE experiment_id = $1
GROUP BY kind)";

constexpr char kMaturedSql[] = R"(
SELECT variant_index, sum(exposures)::bigint AS exposures, sum(conversions)::bigint AS conversions
FROM mab.arm_totals
WHERE experiment_id = $1
  AND CASE WHEN minute < $2::timestamptz THEN date_bin('1 hour', minute, 'epoch') + interval '1 hour'
           ELSE minute + interval '1 minute' END <= $3::timestamptz
  AND minute < $3::timestamptz
GROUP BY variant_index
ORDER BY variant_index)";

uint64_t Count(const PgResult& result, int row, absl::string_view column) {
  return static_cast<uint64_t>(result.Int(row, column));
}

PgParam IdArray(const std::vector<ExperimentId>& ids) {
  PgUuidArray array(ids.size());
  for (const ExperimentId& id : ids) array.Add(id);
  return array.ToParam();
}

}  // namespace

absl::Time HoursBefore(absl::Time now) {
  const absl::Duration since_epoch = now - kMinutesKept - absl::UnixEpoch();
  return absl::UnixEpoch() + absl::Floor(since_epoch, absl::Hours(1));
}

absl::StatusOr<std::vector<ArmAge>> RollupStore::ArmAges(PgConnection& db,
                                                         const std::vector<ExperimentId>& ids,
                                                         absl::Time now) {
  MAB_ASSIGN_OR_RETURN(const PgResult result,
                       db.Execute(kArmAgesSql, {IdArray(ids), now, HoursBefore(now)}));
  std::vector<ArmAge> ages(result.rows());
  for (int row = 0; row < result.rows(); ++row) {
    ArmAge& age = ages[row];
    age.experiment_id = ExperimentId{result.GetUuid(row, "experiment_id")};
    age.variant_index = Count(result, row, "variant_index");
    if (!result.IsNull(row, "age_bucket")) {
      age.age_bucket = static_cast<int>(result.Int(row, "age_bucket"));
    }
    age.exposures = Count(result, row, "exposures");
    age.conversions = Count(result, row, "conversions");
    age.mean_age_seconds = result.Double(row, "mean_age");
  }
  return ages;
}

absl::StatusOr<std::vector<DelayCell>> RollupStore::DelayCells(PgConnection& db,
                                                               const std::vector<ExperimentId>& ids,
                                                               absl::Time now,
                                                               DelayGrouping grouping) {
  MAB_ASSIGN_OR_RETURN(
      const PgResult result,
      db.Execute(kDelayCellsSql, {IdArray(ids), now, grouping == DelayGrouping::kByVariant}));
  std::vector<DelayCell> cells;
  cells.reserve(result.rows());
  for (int row = 0; row < result.rows(); ++row) {
    cells.push_back({.experiment_id = ExperimentId{result.GetUuid(row, "experiment_id")},
                     .variant_index = Count(result, row, "variant"),
                     .hour = result.Time(row, "hour"),
                     .delay_bucket = static_cast<int>(result.Int(row, "delay_bucket")),
                     .conversions = Count(result, row, "conversions")});
  }
  return cells;
}

absl::StatusOr<std::vector<TotalsCell>> RollupStore::Hours(PgConnection& db, ExperimentId id,
                                                           absl::Time since) {
  MAB_ASSIGN_OR_RETURN(const PgResult result, db.Execute(kHoursSql, {id, since}));
  std::vector<TotalsCell> hours;
  hours.reserve(result.rows());
  for (int row = 0; row < result.rows(); ++row) {
    hours.push_back({.start = result.Time(row, "hour"),
                     .variant_index = Count(result, row, "variant_index"),
                     .exposures = Count(result, row, "exposures"),
                     .expected_exposures = result.Double(row, "expected_exposures"),
                     .conversions = Count(result, row, "conversions")});
  }
  return hours;
}

absl::StatusOr<ExperimentEventCounts> RollupStore::EventCounts(PgConnection& db, ExperimentId id,
                                                               absl::Time now) {
  MAB_ASSIGN_OR_RETURN(const PgResult result, db.Execute(kEventCountsSql, {id, now}));
  ExperimentEventCounts counts;
  for (int row = 0; row < result.rows(); ++row) {
    const EventCount count{.all = Count(result, row, "all_time"),
                           .recent = Count(result, row, "recent")};
    const absl::string_view kind = result.Text(row, "kind");
    if (kind == "DUPLICATE_CONVERSION") counts.duplicate_conversions = count;
    if (kind == "LATE_CONVERSION") counts.late_conversions = count;
    if (kind == "UNCREDITED_CONVERSION") counts.uncredited_conversions = count;
    if (kind == "CONFLICT") counts.conflicts = count;
    if (kind == "BOT_USER_AGENT") counts.bots_by_user_agent = count;
    if (kind == "BOT_PREFETCH") counts.bots_by_prefetch = count;
    if (kind == "BOT_RATE") counts.bots_by_rate = count;
  }
  return counts;
}

absl::StatusOr<std::vector<MaturedTotals>> RollupStore::Matured(PgConnection& db, ExperimentId id,
                                                                absl::Time now, absl::Time before) {
  MAB_ASSIGN_OR_RETURN(const PgResult result,
                       db.Execute(kMaturedSql, {id, HoursBefore(now), before}));
  std::vector<MaturedTotals> totals;
  totals.reserve(result.rows());
  for (int row = 0; row < result.rows(); ++row) {
    totals.push_back({.variant_index = Count(result, row, "variant_index"),
                      .exposures = Count(result, row, "exposures"),
                      .conversions = Count(result, row, "conversions")});
  }
  return totals;
}

}  // namespace mab::storage
