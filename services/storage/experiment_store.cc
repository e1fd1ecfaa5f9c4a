#include "storage/experiment_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/error.h"
#include "common/status_macros.h"

namespace mab::storage {
namespace {

// One statement reads experiments with their variants (a row an experiment, an array a column of
// variants), so that both are of one moment. Follows a FROM that names the experiments `e`.
constexpr char kSelectColumns[] = R"sql(
    SELECT e.id, e.key, e.name, e.description, e.state, e.policy, e.floor, e.burn_in_exposures,
           e.traffic_share, e.prior_alpha, e.prior_beta, e.conversion_window_seconds,
           e.threshold_of_caring, e.minimum_exposures, e.salt, e.winner_index, e.revision,
           e.create_time, e.update_time, e.start_time, e.end_time, e.allowed_origins,
           e.rows_retire_time,
           v.ids, v.keys, v.names, v.controls, v.payloads, v.weights, v.disabled
)sql";
constexpr char kJoinVariants[] = R"sql(
    CROSS JOIN LATERAL (
      SELECT array_agg(id ORDER BY variant_index) AS ids,
             array_agg(key ORDER BY variant_index) AS keys,
             array_agg(name ORDER BY variant_index) AS names,
             array_agg(is_control ORDER BY variant_index) AS controls,
             array_agg(payload::text ORDER BY variant_index) AS payloads,
             array_agg(weight ORDER BY variant_index) AS weights,
             array_agg(disabled ORDER BY variant_index) AS disabled
      FROM mab.variants
      WHERE experiment_id = e.id
    ) AS v
)sql";

constexpr char kFindById[] = "SELECT id FROM mab.experiments WHERE id = $1::uuid";
constexpr char kFindByKey[] = "SELECT id FROM mab.experiments WHERE key = $1";

// strpos and not LIKE: nothing in the text has a meaning of its own. The collation folds the case
// of every script, whatever the database's own locale.
constexpr char kPage[] = R"sql(
    FROM (
      SELECT id, key, name, description, state, policy, floor, burn_in_exposures, traffic_share,
             prior_alpha, prior_beta, conversion_window_seconds, threshold_of_caring,
             minimum_exposures, salt, winner_index, revision, create_time, update_time, start_time,
             end_time, allowed_origins, rows_retire_time
      FROM mab.experiments
      WHERE ($1::uuid IS NULL OR id < $1::uuid)
        AND ($2::text IS NULL OR state = $2::text)
        AND ($3::text IS NULL
             OR strpos(key, lower($3::text COLLATE "und-x-icu")) > 0
             OR strpos(lower(name COLLATE "und-x-icu"), lower($3::text COLLATE "und-x-icu")) > 0)
      ORDER BY id DESC
      LIMIT $4::integer
    ) AS e
)sql";

constexpr char kInsert[] = R"sql(
    INSERT INTO mab.experiments (
      id, key, name, description, state, policy, floor, burn_in_exposures, traffic_share,
      prior_alpha, prior_beta, conversion_window_seconds, threshold_of_caring, minimum_exposures,
      salt, winner_index, revision, create_time, update_time, start_time, end_time,
      allowed_origins)
    VALUES ($1::uuid, $2, $3, $4, $5, $6, $7::float8, $8::integer, $9::float8, $10::float8,
            $11::float8, $12::integer, $13::float8, $14::integer, $15::bytea, $16::smallint,
            $17::bigint, $18::timestamptz, $19::timestamptz, $20::timestamptz, $21::timestamptz,
            $22::text[])
    ON CONFLICT (key) DO NOTHING)sql";

constexpr char kUpdate[] = R"sql(
    UPDATE mab.experiments
    SET key = $2, name = $3, description = $4, state = $5, policy = $6, floor = $7::float8,
        burn_in_exposures = $8::integer, traffic_share = $9::float8, prior_alpha = $10::float8,
        prior_beta = $11::float8, conversion_window_seconds = $12::integer,
        threshold_of_caring = $13::float8, minimum_exposures = $14::integer, salt = $15::bytea,
        winner_index = $16::smallint, revision = $17::bigint, create_time = $18::timestamptz,
        update_time = $19::timestamptz, start_time = $20::timestamptz,
        end_time = $21::timestamptz, allowed_origins = $22::text[]
    WHERE id = $1::uuid)sql";

constexpr char kDeleteVariants[] = "DELETE FROM mab.variants WHERE experiment_id = $1::uuid";

constexpr char kInsertVariants[] = R"sql(
    INSERT INTO mab.variants (id, experiment_id, variant_index, key, name, is_control, payload,
                              weight, disabled)
    SELECT v.id, $1::uuid, v.position - 1, v.key, v.name, v.is_control, v.payload::json, v.weight,
           v.disabled
    FROM unnest($2::uuid[], $3::text[], $4::text[], $5::boolean[], $6::text[], $7::float8[],
                $8::boolean[]) WITH ORDINALITY
         AS v (id, key, name, is_control, payload, weight, disabled, position))sql";

// In the order of kInsert's and kUpdate's parameters.
std::vector<PgParam> ExperimentParams(const Experiment& e) {
  const absl::string_view salt(reinterpret_cast<const char*>(e.salt.data()), e.salt.size());
  PgArray origins;
  for (const std::string& origin : e.allowed_origins) origins.Add(origin);
  return {e.id,
          e.key,
          e.name,
          e.description,
          StateName(e.state),
          PolicyName(e.policy),
          e.floor,
          e.burn_in_exposures,
          e.traffic_share,
          e.prior.alpha,
          e.prior.beta,
          e.conversion_window_seconds,
          e.threshold_of_caring,
          e.minimum_exposures,
          PgParam::Bytes(salt),
          e.winner_index,
          e.revision,
          e.create_time,
          e.update_time,
          e.start_time,
          e.end_time,
          origins.ToParam()};
}

absl::Status InsertVariants(PgConnection& db, const Experiment& experiment) {
  PgArray ids, keys, names, controls, payloads, weights, disabled;
  for (const Variant& variant : experiment.variants) {
    ids.Add(variant.id);
    keys.Add(variant.key);
    names.Add(variant.name);
    controls.Add(variant.is_control);
    payloads.Add(variant.payload_json);
    weights.Add(variant.weight);
    disabled.Add(variant.disabled);
  }
  return db
      .Execute(kInsertVariants,
               {experiment.id, ids.ToParam(), keys.ToParam(), names.ToParam(), controls.ToParam(),
                payloads.ToParam(), weights.ToParam(), disabled.ToParam()})
      .status();
}

absl::StatusOr<std::vector<Variant>> ReadVariants(const PgResult& rows, int row) {
  // An experiment has two variants at least: both are written in one transaction.
  if (rows.IsNull(row, "ids")) return InternalError("an experiment without variants");
  const std::vector<std::string> ids = rows.Array(row, "ids");
  std::vector<std::string> keys = rows.Array(row, "keys");
  std::vector<std::string> names = rows.Array(row, "names");
  const std::vector<std::string> controls = rows.Array(row, "controls");
  std::vector<std::string> payloads = rows.Array(row, "payloads");
  const std::vector<double> weights = rows.DoubleArray(row, "weights");
  const std::vector<std::string> disabled = rows.Array(row, "disabled");

  std::vector<Variant> variants(ids.size());
  for (size_t i = 0; i < variants.size(); ++i) {
    MAB_ASSIGN_OR_RETURN(const Uuid id, Uuid::Parse(ids[i]));
    variants[i] = {.id = VariantId{id},
                   .key = std::move(keys[i]),
                   .name = std::move(names[i]),
                   .is_control = controls[i] == "t",
                   .payload_json = std::move(payloads[i]),
                   .weight = weights[i],
                   .disabled = disabled[i] == "t"};
  }
  return variants;
}

absl::StatusOr<Experiment> ReadExperiment(const PgResult& rows, int row) {
  Experiment e;
  e.id = ExperimentId{rows.GetUuid(row, "id")};
  e.key = std::string(rows.Text(row, "key"));
  e.name = std::string(rows.Text(row, "name"));
  e.description = std::string(rows.Text(row, "description"));
  e.state = StateFromName(rows.Text(row, "state"));
  e.policy = PolicyFromName(rows.Text(row, "policy"));
  e.floor = rows.Double(row, "floor");
  e.burn_in_exposures = static_cast<uint32_t>(rows.Int(row, "burn_in_exposures"));
  e.traffic_share = rows.Double(row, "traffic_share");
  e.prior = {rows.Double(row, "prior_alpha"), rows.Double(row, "prior_beta")};
  e.conversion_window_seconds = static_cast<uint32_t>(rows.Int(row, "conversion_window_seconds"));
  e.threshold_of_caring = rows.Double(row, "threshold_of_caring");
  e.minimum_exposures = static_cast<uint32_t>(rows.Int(row, "minimum_exposures"));
  const std::string salt = rows.Bytes(row, "salt");
  if (salt.size() != e.salt.size()) return InternalError("a salt that is not 16 bytes long");
  std::copy(salt.begin(), salt.end(), e.salt.begin());
  if (!rows.IsNull(row, "winner_index")) {
    e.winner_index = static_cast<size_t>(rows.Int(row, "winner_index"));
  }
  e.revision = static_cast<uint64_t>(rows.Int(row, "revision"));
  e.create_time = rows.Time(row, "create_time");
  e.update_time = rows.Time(row, "update_time");
  e.start_time = rows.OptionalTime(row, "start_time");
  e.end_time = rows.OptionalTime(row, "end_time");
  e.allowed_origins = rows.Array(row, "allowed_origins");
  e.rows_retire_time = rows.OptionalTime(row, "rows_retire_time");
  MAB_ASSIGN_OR_RETURN(e.variants, ReadVariants(rows, row));
  return e;
}

absl::StatusOr<std::vector<Experiment>> ReadExperiments(const PgResult& rows) {
  std::vector<Experiment> experiments;
  experiments.reserve(static_cast<size_t>(rows.rows()));
  for (int row = 0; row < rows.rows(); ++row) {
    MAB_ASSIGN_OR_RETURN(Experiment experiment, ReadExperiment(rows, row));
    experiments.push_back(std::move(experiment));
  }
  return experiments;
}

absl::StatusOr<ExperimentId> Find(PgConnection& db, absl::string_view id_or_key, RowLock lock) {
  const auto id = Uuid::Parse(id_or_key);
  // What is no key can't be in the tables, and may hold what PostgreSQL refuses.
  if (!id.ok() && !IsKey(id_or_key)) {
    return NotFoundError(kReasonExperimentNotFound, "no experiment has this id or key");
  }
  const char* const suffix = lock == RowLock::kForUpdate ? " FOR UPDATE" : "";
  MAB_ASSIGN_OR_RETURN(const PgResult rows,
                       id.ok() ? db.Execute(absl::StrCat(kFindById, suffix), {*id})
                               : db.Execute(absl::StrCat(kFindByKey, suffix), {id_or_key}));
  if (rows.rows() == 0) {
    return NotFoundError(
        kReasonExperimentNotFound,
        absl::StrCat("no experiment has the ", id.ok() ? "id" : "key", " \"", id_or_key, "\""));
  }
  return ExperimentId{rows.GetUuid(0, "id")};
}

}  // namespace

absl::StatusOr<Experiment> ExperimentStore::Get(PgConnection& db, absl::string_view id_or_key,
                                                RowLock lock) {
  // The lock comes first, in a statement of its own: a statement that waits for a row sees the
  // row's new version, but would join it with the variants as they were before it waited.
  MAB_ASSIGN_OR_RETURN(const ExperimentId id, Find(db, id_or_key, lock));
  MAB_ASSIGN_OR_RETURN(std::vector<Experiment> found, GetMany(db, {id}));
  if (found.empty()) {
    return NotFoundError(kReasonExperimentNotFound, "the experiment was deleted meanwhile");
  }
  return std::move(found.front());
}

absl::StatusOr<std::vector<Experiment>> ExperimentStore::GetMany(
    PgConnection& db, const std::vector<ExperimentId>& ids) {
  static const std::string kGetMany = absl::StrCat(kSelectColumns, " FROM mab.experiments AS e ",
                                                   kJoinVariants, " WHERE e.id = ANY ($1::uuid[])");
  if (ids.empty()) return std::vector<Experiment>();
  PgArray array;
  for (const ExperimentId& id : ids) array.Add(id);
  MAB_ASSIGN_OR_RETURN(const PgResult rows, db.Execute(kGetMany, {array.ToParam()}));
  return ReadExperiments(rows);
}

absl::StatusOr<std::vector<Experiment>> ExperimentStore::List(PgConnection& db,
                                                              const ExperimentListQuery& query) {
  static const std::string kList =
      absl::StrCat(kSelectColumns, kPage, kJoinVariants, " ORDER BY e.id DESC");
  std::optional<absl::string_view> state;
  if (query.state.has_value()) state = StateName(*query.state);
  std::optional<absl::string_view> text;
  if (!query.text.empty()) text = query.text;
  MAB_ASSIGN_OR_RETURN(const PgResult rows,
                       db.Execute(kList, {query.before, state, text, query.page_size + 1}));
  return ReadExperiments(rows);
}

absl::StatusOr<std::vector<ExperimentRevision>> ExperimentStore::ListRevisions(PgConnection& db) {
  MAB_ASSIGN_OR_RETURN(const PgResult rows, db.Execute("SELECT id, revision FROM mab.experiments"));
  std::vector<ExperimentRevision> revisions(static_cast<size_t>(rows.rows()));
  for (int row = 0; row < rows.rows(); ++row) {
    revisions[static_cast<size_t>(row)] = {ExperimentId{rows.GetUuid(row, "id")},
                                           static_cast<uint64_t>(rows.Int(row, "revision"))};
  }
  return revisions;
}

absl::StatusOr<std::vector<std::string>> ExperimentStore::ListKeysStartingWith(
    PgConnection& db, absl::string_view prefix) {
  MAB_ASSIGN_OR_RETURN(
      const PgResult rows,
      db.Execute("SELECT key FROM mab.experiments WHERE starts_with(key, $1)", {prefix}));
  std::vector<std::string> keys;
  keys.reserve(static_cast<size_t>(rows.rows()));
  for (int row = 0; row < rows.rows(); ++row) keys.emplace_back(rows.Text(row, "key"));
  return keys;
}

absl::Status ExperimentStore::Insert(PgConnection& db, const Experiment& experiment) {
  MAB_ASSIGN_OR_RETURN(const PgResult inserted, db.Execute(kInsert, ExperimentParams(experiment)));
  if (inserted.affected_rows() == 0) {
    return AlreadyExistsError(
        "key", absl::StrCat("an experiment with the key \"", experiment.key, "\" exists already"));
  }
  return InsertVariants(db, experiment);
}

absl::Status ExperimentStore::Update(PgConnection& db, const Experiment& experiment) {
  MAB_ASSIGN_OR_RETURN(const PgResult updated, db.Execute(kUpdate, ExperimentParams(experiment)));
  if (updated.affected_rows() != 1) return InternalError("updated an experiment that is not there");
  // Written anew: keys and indexes may have changed places, and each is unique at every moment.
  MAB_RETURN_IF_ERROR(db.Execute(kDeleteVariants, {experiment.id}).status());
  return InsertVariants(db, experiment);
}

absl::Status ExperimentStore::Delete(PgConnection& db, ExperimentId id) {
  MAB_ASSIGN_OR_RETURN(const PgResult deleted,
                       db.Execute("DELETE FROM mab.experiments WHERE id = $1::uuid", {id}));
  if (deleted.affected_rows() == 0) {
    return NotFoundError(kReasonExperimentNotFound, "no experiment has this id");
  }
  return absl::OkStatus();
}

}  // namespace mab::storage
