#include "storage/timeline_store.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace mab::storage {
namespace {

constexpr absl::Duration kPendingCellMax = absl::Hours(6);

constexpr char kExtentSql[] = R"(
SELECT (SELECT minute FROM mab.arm_totals WHERE experiment_id = $1 ORDER BY minute LIMIT 1)
         AS first,
       (SELECT minute FROM mab.arm_totals WHERE experiment_id = $1 ORDER BY minute DESC LIMIT 1)
         AS last)";

// Bins begin at midnights of Mondays, and so at those of all days.
constexpr char kCellsSql[] = R"(
SELECT CASE
         WHEN minute >= $2::timestamptz THEN minute
         WHEN minute >= $3::timestamptz THEN date_bin($7::interval, minute, '1970-01-05 00:00Z')
         WHEN minute >= $4::timestamptz THEN date_bin($8::interval, minute, '1970-01-05 00:00Z')
         WHEN minute >= $5::timestamptz THEN date_bin($9::interval, minute, '1970-01-05 00:00Z')
       END AS cell,
       variant_index, sum(exposures)::bigint AS exposures, sum(conversions)::bigint AS conversions
FROM mab.arm_totals
WHERE experiment_id = $1 AND minute < $6
GROUP BY cell, variant_index
ORDER BY cell NULLS FIRST, variant_index)";

// By one look into the index for each time.
constexpr char kLastVersionsSql[] = R"(
WITH used AS (
  SELECT DISTINCT (SELECT version FROM mab.versions
                   WHERE experiment_id = $1 AND version < input.before
                   ORDER BY version DESC LIMIT 1) AS version
  FROM unnest($2::bigint[]) AS input (before)
)
SELECT version, probabilities_best, allocations
FROM used
JOIN LATERAL (SELECT probabilities_best, allocations FROM mab.versions
              WHERE experiment_id = $1 AND versions.version = used.version) AS shares ON true
ORDER BY version)";

PgParam Seconds(absl::Duration duration) {
  return PgParam(absl::StrCat(absl::ToInt64Seconds(duration), " seconds"));
}

absl::Duration YoungLength(const TimelineGrid& grid) { return std::min(grid.step, absl::Hours(1)); }

absl::Duration OldLength(const TimelineGrid& grid) { return std::max(grid.step, absl::Hours(1)); }

absl::Duration PendingLength(const TimelineGrid& grid) {
  return std::min(OldLength(grid), kPendingCellMax);
}

}  // namespace

absl::Duration TimelineGrid::LengthOf(absl::Time start) const {
  if (start >= fine_from) return absl::Minutes(1);
  if (start >= minutes_from) return YoungLength(*this);
  if (start >= pending_from) return PendingLength(*this);
  return OldLength(*this);
}

absl::StatusOr<std::optional<TimelineExtent>> TimelineStore::Extent(PgConnection& db,
                                                                    ExperimentId id) {
  MAB_ASSIGN_OR_RETURN(const PgResult result, db.Execute(kExtentSql, {id}));
  if (result.IsNull(0, "first")) return std::nullopt;
  return TimelineExtent{.first = result.Time(0, "first"), .last = result.Time(0, "last")};
}

absl::StatusOr<std::vector<TimelineCell>> TimelineStore::Cells(PgConnection& db, ExperimentId id,
                                                               const TimelineGrid& grid,
                                                               absl::Time to) {
  MAB_ASSIGN_OR_RETURN(
      const PgResult result,
      db.Execute(kCellsSql, {id, grid.fine_from, grid.minutes_from, grid.pending_from, grid.from,
                             to, Seconds(YoungLength(grid)), Seconds(PendingLength(grid)),
                             Seconds(OldLength(grid))}));
  std::vector<TimelineCell> cells;
  cells.reserve(result.rows());
  for (int row = 0; row < result.rows(); ++row) {
    cells.push_back({.start = result.OptionalTime(row, "cell"),
                     .variant_index = static_cast<size_t>(result.Int(row, "variant_index")),
                     .exposures = static_cast<uint64_t>(result.Int(row, "exposures")),
                     .conversions = static_cast<uint64_t>(result.Int(row, "conversions"))});
  }
  return cells;
}

absl::StatusOr<std::vector<VersionShares>> TimelineStore::LastVersions(
    PgConnection& db, ExperimentId id, const std::vector<absl::Time>& before) {
  PgBigintArray numbers(before.size());
  for (const absl::Time time : before) {
    numbers.Add(static_cast<uint64_t>(std::max(int64_t{0}, absl::ToUnixMillis(time))));
  }
  MAB_ASSIGN_OR_RETURN(const PgResult result,
                       db.Execute(kLastVersionsSql, {id, numbers.ToParam()}));
  const std::vector<double> none;
  std::vector<VersionShares> versions;
  versions.reserve(result.rows());
  for (int row = 0; row < result.rows(); ++row) {
    // Of a row that is no version there are none.
    versions.push_back(
        {.number = static_cast<uint64_t>(result.Int(row, "version")),
         .probabilities_best = result.FlatDoubleArray(row, "probabilities_best").value_or(none),
         .allocations = result.FlatDoubleArray(row, "allocations").value_or(none)});
  }
  return versions;
}

}  // namespace mab::storage
