#include "storage/change_store.h"

#include <algorithm>

#include "common/status_macros.h"

namespace mab::storage {
namespace {

// Each side of an update is parsed once, and only of those that are young enough.
constexpr char kListSql[] = R"sql(
WITH newest AS MATERIALIZED (
  SELECT id, at, action, before, after
  FROM mab.audit_log
  WHERE subject_type = 'experiment' AND subject_id = $1
    AND at >= $2::timestamptz AND ($3::timestamptz IS NULL OR at < $3::timestamptz)
  ORDER BY id DESC
  LIMIT $4
)
SELECT at, action,
       CASE action
         WHEN 'experiment.complete' THEN after ->> 'winner'
         WHEN 'experiment.disable_variant' THEN (
           SELECT disabled.key
           FROM json_to_recordset(after -> 'variants') AS disabled (key text, disabled boolean)
             LEFT JOIN json_to_recordset(before -> 'variants') AS was (key text, disabled boolean)
               USING (key)
           WHERE disabled.disabled AND was.disabled IS NOT TRUE
           LIMIT 1)
       END AS variant_key
FROM newest
WHERE CASE
        WHEN action IN ('experiment.start', 'experiment.pause', 'experiment.resume',
                        'experiment.complete', 'experiment.archive', 'experiment.disable_variant')
        THEN true
        WHEN action <> 'experiment.update' THEN false
        WHEN pg_column_size(before) + pg_column_size(after) > 65536 THEN true
        ELSE (
          SELECT (was.policy, was.floor, was.burn_in_exposures, was.traffic_share)
                   IS DISTINCT FROM (became.policy, became.floor, became.burn_in_exposures, became.traffic_share)
                 OR ARRAY(SELECT concat_ws(' ', variant -> 'weight', variant -> 'payload',
                                           variant -> 'payload_unchanged')
                          FROM json_array_elements(was.variants) AS variant)
                    IS DISTINCT FROM
                    ARRAY(SELECT concat_ws(' ', variant -> 'weight', variant -> 'payload',
                                           variant -> 'payload_unchanged')
                          FROM json_array_elements(became.variants) AS variant)
          FROM json_to_record(coalesce(before, '{}'))
                 AS was (policy text, floor text, burn_in_exposures text, traffic_share text, variants json),
               json_to_record(coalesce(after, '{}'))
                 AS became (policy text, floor text, burn_in_exposures text, traffic_share text, variants json))
      END
ORDER BY id DESC
LIMIT $5)sql";

// Of an action that kListSql lets through.
ChangeKind KindOf(absl::string_view action) {
  if (action == "experiment.start") return ChangeKind::kStarted;
  if (action == "experiment.pause") return ChangeKind::kPaused;
  if (action == "experiment.resume") return ChangeKind::kResumed;
  if (action == "experiment.complete") return ChangeKind::kCompleted;
  if (action == "experiment.archive") return ChangeKind::kArchived;
  if (action == "experiment.disable_variant") return ChangeKind::kVariantDisabled;
  return ChangeKind::kChanged;
}

}  // namespace

absl::StatusOr<std::vector<ExperimentChange>> ChangeStore::List(PgConnection& db,
                                                                const ChangeQuery& query) {
  MAB_ASSIGN_OR_RETURN(const PgResult result,
                       db.Execute(kListSql, {query.id.ToString(), query.since, query.until,
                                             kEntriesMax, kChangesMax}));
  std::vector<ExperimentChange> changes;
  changes.reserve(static_cast<size_t>(result.rows()));
  for (int row = result.rows() - 1; row >= 0; --row) {
    changes.push_back({.at = result.Time(row, "at"),
                       .kind = KindOf(result.Text(row, "action")),
                       .variant_key = result.OptionalText(row, "variant_key").value_or("")});
  }
  return changes;
}

}  // namespace mab::storage
