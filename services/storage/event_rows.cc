#include "storage/event_rows.h"

#include <algorithm>
#include <string>
#include <tuple>

#include "common/postgres_array.h"
#include "common/status_macros.h"
#include "storage/experiment.h"

namespace mab::storage {
namespace {

// The lists of a version are texts here: unnest flattens arrays of arrays.
constexpr char kInsertVersionsSql[] = R"(
INSERT INTO mab.versions (experiment_id, version, policy, floor, salt, sampler_id, variant_ids,
                          eligible, alphas, betas, weights, probabilities_best, allocations)
SELECT experiment_id, version, policy, floor, salt, sampler_id, variant_ids::uuid[],
       eligible::boolean[], alphas::float8[], betas::float8[], weights::float8[],
       probabilities_best::float8[], allocations::float8[]
FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::float8[], $5::bytea[], $6::bigint[],
            $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[])
  AS input (experiment_id, version, policy, floor, salt, sampler_id, variant_ids, eligible, alphas,
            betas, weights, probabilities_best, allocations)
ON CONFLICT (experiment_id, version) DO NOTHING)";

constexpr char kInsertAssignmentsSql[] = R"(
INSERT INTO mab.assignments (experiment_id, user_hash, variant_index, version, propensity,
                             assigned_at)
SELECT experiment_id, user_hash, variant_index, version, propensity, assigned_at
FROM unnest($1::uuid[], $2::bytea[], $3::smallint[], $4::bigint[], $5::float8[], $6::timestamptz[])
  AS input (experiment_id, user_hash, variant_index, version, propensity, assigned_at)
ON CONFLICT (experiment_id, user_hash) DO NOTHING)";

// A statement of its own, after the one above, so that it sees rows that others have committed
// meanwhile.
constexpr char kCountConflictsSql[] = R"(
INSERT INTO mab.event_counts (experiment_id, day, kind, count)
SELECT input.experiment_id, (input.assigned_at AT TIME ZONE 'UTC')::date AS day, 'CONFLICT', count(*)
FROM unnest($1::uuid[], $2::bytea[], $3::smallint[], $4::timestamptz[])
  AS input (experiment_id, user_hash, variant_index, assigned_at)
JOIN mab.assignments USING (experiment_id, user_hash)
WHERE assignments.variant_index <> input.variant_index
GROUP BY input.experiment_id, day
ORDER BY input.experiment_id, day
ON CONFLICT (experiment_id, day, kind) DO UPDATE SET count = event_counts.count + excluded.count)";

// Each exposure is expected of every variant, as often as its version would have served that one.
// The version is there by then: the journal has it before the first assignment. (Were it set aside,
// its exposures would be expected nowhere.)
constexpr char kInsertExposuresSql[] = R"(
WITH inserted AS (
  INSERT INTO mab.exposures (experiment_id, user_hash, variant_index, version, exposed_at)
  SELECT experiment_id, user_hash, variant_index, version, exposed_at
  FROM unnest($1::uuid[], $2::bytea[], $3::smallint[], $4::bigint[], $5::timestamptz[])
    AS input (experiment_id, user_hash, variant_index, version, exposed_at)
  ON CONFLICT (experiment_id, user_hash) DO NOTHING
  RETURNING experiment_id, variant_index, version, date_bin('1 minute', exposed_at, 'epoch') AS minute
), cells AS (
  SELECT experiment_id, minute, version, variant_index, count(*) AS exposures
  FROM inserted
  GROUP BY experiment_id, minute, version, variant_index
), moves AS (
  SELECT experiment_id, minute, variant_index, exposures, 0::float8 AS expected_exposures
  FROM cells
  UNION ALL
  SELECT experiment_id, minute, (arm.ordinality - 1)::smallint, 0, exposures * arm.allocation
  FROM cells
  JOIN mab.versions USING (experiment_id, version)
  CROSS JOIN unnest(versions.allocations) WITH ORDINALITY AS arm (allocation, ordinality)
  WHERE arm.allocation > 0
), by_minute AS (
  INSERT INTO mab.arm_totals (experiment_id, variant_index, minute, exposures, expected_exposures,
                              conversions)
  SELECT experiment_id, variant_index, minute, sum(exposures), sum(expected_exposures), 0
  FROM moves
  GROUP BY experiment_id, minute, variant_index
  ORDER BY experiment_id, minute, variant_index
  ON CONFLICT (experiment_id, minute, variant_index) DO UPDATE SET
    exposures = arm_totals.exposures + excluded.exposures,
    expected_exposures = arm_totals.expected_exposures + excluded.expected_exposures
)
INSERT INTO mab.variant_totals (experiment_id, variant_index, exposures, conversions)
SELECT experiment_id, variant_index, sum(exposures), 0
FROM cells
GROUP BY experiment_id, variant_index
ORDER BY experiment_id, variant_index
ON CONFLICT (experiment_id, variant_index) DO UPDATE SET
  exposures = variant_totals.exposures + excluded.exposures)";

constexpr char kInsertConversionsSql[] = R"(
WITH inserted AS (
  INSERT INTO mab.conversions (experiment_id, user_hash, variant_index, version, converted_at,
                               exposed_at, credited, value, event_id)
  SELECT experiment_id, user_hash, variant_index, version, converted_at, exposed_at, credited,
         value, event_id
  FROM unnest($1::uuid[], $2::bytea[], $3::smallint[], $4::bigint[], $5::timestamptz[],
              $6::timestamptz[], $7::boolean[], $8::float8[], $9::text[])
    AS input (experiment_id, user_hash, variant_index, version, converted_at, exposed_at, credited,
              value, event_id)
  ON CONFLICT (experiment_id, user_hash) DO NOTHING
  RETURNING experiment_id, variant_index, converted_at, exposed_at, credited
), by_minute AS (
  INSERT INTO mab.arm_totals (experiment_id, variant_index, minute, exposures, expected_exposures,
                              conversions)
  SELECT experiment_id, variant_index, date_bin('1 minute', exposed_at, 'epoch') AS minute, 0, 0,
         count(*)
  FROM inserted
  WHERE credited
  GROUP BY experiment_id, minute, variant_index
  ORDER BY experiment_id, minute, variant_index
  ON CONFLICT (experiment_id, minute, variant_index) DO UPDATE SET
    conversions = arm_totals.conversions + excluded.conversions
), by_delay AS (
  INSERT INTO mab.delay_totals (experiment_id, variant_index, hour, delay_bucket, conversions)
  SELECT experiment_id, variant_index, date_bin('1 hour', exposed_at, 'epoch') AS hour,
         mab.delay_bucket(exposed_at, converted_at) AS bucket, count(*)
  FROM inserted
  WHERE credited
  GROUP BY experiment_id, hour, variant_index, bucket
  ORDER BY experiment_id, hour, variant_index, bucket
  ON CONFLICT (experiment_id, hour, variant_index, delay_bucket) DO UPDATE SET
    conversions = delay_totals.conversions + excluded.conversions
), not_credited AS (
  INSERT INTO mab.event_counts (experiment_id, day, kind, count)
  SELECT experiment_id, (converted_at AT TIME ZONE 'UTC')::date AS day,
         CASE WHEN exposed_at IS NULL THEN 'UNCREDITED_CONVERSION' ELSE 'LATE_CONVERSION' END AS kind,
         count(*)
  FROM inserted
  WHERE NOT credited
  GROUP BY experiment_id, day, kind
  ORDER BY experiment_id, day, kind
  ON CONFLICT (experiment_id, day, kind) DO UPDATE SET count = event_counts.count + excluded.count
)
INSERT INTO mab.variant_totals (experiment_id, variant_index, exposures, conversions)
SELECT experiment_id, variant_index, 0, count(*)
FROM inserted
WHERE credited
GROUP BY experiment_id, variant_index
ORDER BY experiment_id, variant_index
ON CONFLICT (experiment_id, variant_index) DO UPDATE SET
  conversions = variant_totals.conversions + excluded.conversions)";

constexpr char kMoveCountsSql[] = R"(
INSERT INTO mab.event_counts (experiment_id, day, kind, count)
SELECT experiment_id, (at AT TIME ZONE 'UTC')::date AS day, kind, sum(count)
FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::bigint[])
  AS input (experiment_id, at, kind, count)
GROUP BY experiment_id, day, kind
ORDER BY experiment_id, day, kind
ON CONFLICT (experiment_id, day, kind) DO UPDATE SET count = event_counts.count + excluded.count)";

// What named the visitor goes: his hash and his event ids. A random hash takes its place, the same
// in the three tables of an experiment and another in each experiment. By way of the experiments,
// for the tables' keys begin with them: those that have assignments (each found by one look into
// the index), and those that should have, were an assignment set aside.
constexpr char kEraseSql[] = R"(
WITH RECURSIVE assigned (experiment_id) AS (
  (SELECT experiment_id FROM mab.assignments ORDER BY experiment_id LIMIT 1)
  UNION ALL
  SELECT (SELECT next.experiment_id FROM mab.assignments AS next
          WHERE next.experiment_id > assigned.experiment_id
          ORDER BY next.experiment_id LIMIT 1)
  FROM assigned
  WHERE assigned.experiment_id IS NOT NULL
), replacement AS MATERIALIZED (
  SELECT known.experiment_id, erased.user_hash AS was, uuid_send(gen_random_uuid()) AS becomes
  FROM (SELECT experiment_id FROM assigned WHERE experiment_id IS NOT NULL
        UNION SELECT id FROM mab.experiments
        UNION SELECT experiment_id FROM mab.variant_totals) AS known
  CROSS JOIN (SELECT DISTINCT user_hash FROM unnest($1::bytea[]) AS input (user_hash)) AS erased
), assignments_erased AS (
  UPDATE mab.assignments SET user_hash = becomes, erased = true
  FROM replacement
  WHERE assignments.experiment_id = replacement.experiment_id AND assignments.user_hash = was
), exposures_erased AS (
  UPDATE mab.exposures SET user_hash = becomes, erased = true
  FROM replacement
  WHERE exposures.experiment_id = replacement.experiment_id AND exposures.user_hash = was
)
UPDATE mab.conversions SET user_hash = becomes, erased = true, event_id = NULL
FROM replacement
WHERE conversions.experiment_id = replacement.experiment_id AND conversions.user_hash = was)";

// That a record was set aside stays; what it says goes.
constexpr char kEraseSetAsideSql[] = R"(
UPDATE mab.set_aside_records SET user_hash = NULL, body = '', error = 'the visitor was erased'
WHERE user_hash = ANY ($1::bytea[]))";

// In the order of the tables' keys; events of one key stay in theirs.
void SortByKey(std::vector<ExposureEvent>& events) {
  std::stable_sort(events.begin(), events.end(),
                   [](const ExposureEvent& a, const ExposureEvent& b) {
                     return std::tie(a.experiment_id, a.user) < std::tie(b.experiment_id, b.user);
                   });
}

template <typename T>
void SortByKey(std::vector<const T*>& events) {
  std::stable_sort(events.begin(), events.end(), [](const T* a, const T* b) {
    return std::tie(a->experiment_id, a->user) < std::tie(b->experiment_id, b->user);
  });
}

// A list of one version, as the text of an array.
template <typename Get>
std::string ArrayText(const bandit::DrawVersion& version, Get get) {
  PgArray array;
  for (const bandit::DrawArm& arm : version.arms) array.Add(PgParam(get(arm)));
  return *array.ToParam().text();
}

}  // namespace

void EventRows::Add(const Event& event) {
  if (const auto* version = std::get_if<VersionEvent>(&event)) {
    versions_.push_back(version);
  } else if (const auto* assignment = std::get_if<AssignmentEvent>(&event)) {
    assignments_.push_back(assignment);
    if (!assignment->exposed) return;
    exposures_.push_back({.experiment_id = assignment->experiment_id,
                          .user = assignment->user,
                          .variant_index = assignment->variant_index,
                          .version = assignment->version,
                          .exposed_at = assignment->assigned_at});
  } else if (const auto* exposure = std::get_if<ExposureEvent>(&event)) {
    exposures_.push_back(*exposure);
  } else if (const auto* conversion = std::get_if<ConversionEvent>(&event)) {
    conversions_.push_back(conversion);
  } else if (const auto* count = std::get_if<CountEvent>(&event)) {
    counts_.push_back(count);
  } else if (const auto* erasure = std::get_if<ErasureEvent>(&event)) {
    erasures_.push_back(erasure);
  }
}

absl::Status EventRows::Insert(PgConnection& db) {
  // Versions first: exposures read them.
  if (!versions_.empty()) MAB_RETURN_IF_ERROR(InsertVersions(db));
  if (!assignments_.empty()) MAB_RETURN_IF_ERROR(InsertAssignments(db));
  if (!exposures_.empty()) MAB_RETURN_IF_ERROR(InsertExposures(db));
  if (!conversions_.empty()) MAB_RETURN_IF_ERROR(InsertConversions(db));
  if (!counts_.empty()) MAB_RETURN_IF_ERROR(MoveCounts(db));
  if (!erasures_.empty()) MAB_RETURN_IF_ERROR(Erase(db));
  return absl::OkStatus();
}

absl::Status EventRows::InsertVersions(PgConnection& db) const {
  const size_t n = versions_.size();
  PgUuidArray experiments(n);
  PgBigintArray numbers(n);
  PgTextArray policies(n);
  PgDoubleArray floors(n);
  PgByteaArray salts(n);
  PgBigintArray samplers(n);
  PgTextArray variants(n), eligible(n), alphas(n), betas(n), weights(n), best(n), allocations(n);
  for (const VersionEvent* event : versions_) {
    const bandit::DrawVersion& version = event->version;
    experiments.Add(event->experiment_id);
    numbers.Add(version.number);
    policies.Add(PolicyName(version.policy));
    floors.Add(version.floor);
    salts.Add(
        absl::string_view(reinterpret_cast<const char*>(version.salt.data()), version.salt.size()));
    samplers.Add(version.sampler_id);
    variants.Add(ArrayText(version, [](const bandit::DrawArm& arm) { return arm.variant_id; }));
    eligible.Add(ArrayText(version, [](const bandit::DrawArm& arm) { return arm.eligible; }));
    alphas.Add(ArrayText(version, [](const bandit::DrawArm& arm) { return arm.posterior.alpha; }));
    betas.Add(ArrayText(version, [](const bandit::DrawArm& arm) { return arm.posterior.beta; }));
    weights.Add(ArrayText(version, [](const bandit::DrawArm& arm) { return arm.weight; }));
    best.Add(ArrayText(version, [](const bandit::DrawArm& arm) { return arm.probability_best; }));
    allocations.Add(ArrayText(version, [](const bandit::DrawArm& arm) { return arm.allocation; }));
  }
  return db
      .Execute(kInsertVersionsSql,
               {experiments.ToParam(), numbers.ToParam(), policies.ToParam(), floors.ToParam(),
                salts.ToParam(), samplers.ToParam(), variants.ToParam(), eligible.ToParam(),
                alphas.ToParam(), betas.ToParam(), weights.ToParam(), best.ToParam(),
                allocations.ToParam()})
      .status();
}

absl::Status EventRows::InsertAssignments(PgConnection& db) {
  SortByKey(assignments_);
  const size_t n = assignments_.size();
  PgUuidArray experiments(n);
  PgByteaArray users(n);
  PgSmallintArray variants(n);
  PgBigintArray versions(n);
  PgDoubleArray propensities(n);
  PgTimeArray times(n);
  for (const AssignmentEvent* event : assignments_) {
    experiments.Add(event->experiment_id);
    users.Add(event->user.AsBytes());
    variants.Add(event->variant_index);
    versions.Add(event->version);
    propensities.Add(event->propensity);
    times.Add(event->assigned_at);
  }
  const std::vector<PgParam> params = {experiments.ToParam(),  users.ToParam(),
                                       variants.ToParam(),     versions.ToParam(),
                                       propensities.ToParam(), times.ToParam()};
  MAB_ASSIGN_OR_RETURN(const PgResult inserted, db.Execute(kInsertAssignmentsSql, params));
  if (inserted.affected_rows() == static_cast<int64_t>(n)) return absl::OkStatus();
  return db.Execute(kCountConflictsSql, {params[0], params[1], params[2], params[5]}).status();
}

absl::Status EventRows::InsertExposures(PgConnection& db) {
  SortByKey(exposures_);
  const size_t n = exposures_.size();
  PgUuidArray experiments(n);
  PgByteaArray users(n);
  PgSmallintArray variants(n);
  PgBigintArray versions(n);
  PgTimeArray times(n);
  for (const ExposureEvent& event : exposures_) {
    experiments.Add(event.experiment_id);
    users.Add(event.user.AsBytes());
    variants.Add(event.variant_index);
    versions.Add(event.version);
    times.Add(event.exposed_at);
  }
  return db
      .Execute(kInsertExposuresSql, {experiments.ToParam(), users.ToParam(), variants.ToParam(),
                                     versions.ToParam(), times.ToParam()})
      .status();
}

absl::Status EventRows::InsertConversions(PgConnection& db) {
  SortByKey(conversions_);
  const size_t n = conversions_.size();
  PgUuidArray experiments(n);
  PgByteaArray users(n);
  PgSmallintArray variants(n);
  PgBigintArray versions(n);
  PgTimeArray times(n), exposed(n);
  PgBoolArray credited(n);
  PgDoubleArray values(n);
  PgTextArray event_ids(n);
  for (const ConversionEvent* event : conversions_) {
    experiments.Add(event->experiment_id);
    users.Add(event->user.AsBytes());
    variants.Add(event->variant_index);
    versions.Add(event->version);
    times.Add(event->converted_at);
    exposed.Add(event->exposed_at);
    credited.Add(event->credited);
    values.Add(event->value);
    if (event->event_id.empty()) {
      event_ids.AddNull();
    } else {
      event_ids.Add(event->event_id);
    }
  }
  return db
      .Execute(kInsertConversionsSql, {experiments.ToParam(), users.ToParam(), variants.ToParam(),
                                       versions.ToParam(), times.ToParam(), exposed.ToParam(),
                                       credited.ToParam(), values.ToParam(), event_ids.ToParam()})
      .status();
}

absl::Status EventRows::MoveCounts(PgConnection& db) const {
  const size_t n = counts_.size();
  PgUuidArray experiments(n);
  PgTimeArray times(n);
  PgTextArray kinds(n);
  PgBigintArray counts(n);
  for (const CountEvent* event : counts_) {
    experiments.Add(event->experiment_id);
    times.Add(event->at);
    kinds.Add(KindName(event->kind));
    counts.Add(event->count);
  }
  return db
      .Execute(kMoveCountsSql,
               {experiments.ToParam(), times.ToParam(), kinds.ToParam(), counts.ToParam()})
      .status();
}

absl::Status EventRows::Erase(PgConnection& db) const {
  PgByteaArray users(erasures_.size());
  for (const ErasureEvent* event : erasures_) users.Add(event->user.AsBytes());
  const std::vector<PgParam> params = {users.ToParam()};
  MAB_RETURN_IF_ERROR(db.Execute(kEraseSql, params).status());
  return db.Execute(kEraseSetAsideSql, params).status();
}

}  // namespace mab::storage
