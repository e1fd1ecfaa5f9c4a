#include "storage/assignment_store.h"

#include <algorithm>
#include <string>
#include <vector>

#include "common/status_macros.h"

namespace mab::storage {
namespace {

constexpr char kSelectExperiments[] =
    "SELECT id FROM mab.experiments WHERE state <> 'ARCHIVED' ORDER BY id";

constexpr char kSelectPage[] =
    "SELECT a.user_hash, a.variant_index, a.version, a.propensity, a.assigned_at, "
    "       e.exposed_at, c.converted_at, coalesce(c.credited, false) AS credited "
    "FROM (SELECT user_hash, variant_index, version, propensity, assigned_at "
    "      FROM mab.assignments "
    "      WHERE experiment_id = $1 AND user_hash > $2 AND NOT erased "
    "      ORDER BY user_hash LIMIT $3) AS a "
    "LEFT JOIN mab.exposures AS e "
    "  ON e.experiment_id = $1 AND e.user_hash > $2 AND e.user_hash = a.user_hash "
    "LEFT JOIN mab.conversions AS c "
    "  ON c.experiment_id = $1 AND c.user_hash > $2 AND c.user_hash = a.user_hash "
    "ORDER BY a.user_hash";

constexpr char kFindSql[] = R"(
SELECT user_hash, a.variant_index, a.version, propensity, assigned_at, e.exposed_at, converted_at,
       coalesce(credited, false) AS credited
FROM mab.assignments AS a
LEFT JOIN mab.exposures AS e USING (experiment_id, user_hash)
LEFT JOIN mab.conversions AS c USING (experiment_id, user_hash)
WHERE experiment_id = $1 AND user_hash = $2)";

// A hash that was not made by this system is no visitor's: nullopt.
std::optional<StoredAssignment> ReadRow(const PgResult& rows, int row, ExperimentId experiment_id) {
  StoredAssignment assignment;
  assignment.experiment_id = experiment_id;
  const std::string hash = rows.Bytes(row, "user_hash");
  if (hash.size() != assignment.user.bytes.size()) return std::nullopt;
  std::copy(hash.begin(), hash.end(), assignment.user.bytes.begin());
  assignment.variant_index = static_cast<uint16_t>(rows.Int(row, "variant_index"));
  assignment.version = static_cast<uint64_t>(rows.Int(row, "version"));
  assignment.propensity = rows.Double(row, "propensity");
  assignment.assigned_at = rows.Time(row, "assigned_at");
  assignment.exposed_at = rows.OptionalTime(row, "exposed_at");
  assignment.converted_at = rows.OptionalTime(row, "converted_at");
  assignment.credited = rows.Bool(row, "credited");
  return assignment;
}

}  // namespace

absl::Status AssignmentStore::ForEach(absl::FunctionRef<bool(const StoredAssignment&)> visit) {
  MAB_ASSIGN_OR_RETURN(const PgResult experiments, pool_->Execute(kSelectExperiments));
  for (int i = 0; i < experiments.rows(); ++i) {
    const ExperimentId experiment_id{experiments.GetUuid(i, "id")};
    // Smaller than any hash.
    std::string after;
    while (true) {
      MAB_ASSIGN_OR_RETURN(
          const PgResult rows,
          pool_->Execute(kSelectPage, {experiment_id, PgParam::Bytes(after), page_rows_}));
      for (int row = 0; row < rows.rows(); ++row) {
        const std::optional<StoredAssignment> assignment = ReadRow(rows, row, experiment_id);
        if (assignment.has_value() && !visit(*assignment)) {
          return absl::CancelledError("reading the assignments was cancelled");
        }
      }
      if (rows.rows() < page_rows_) break;
      after = rows.Bytes(rows.rows() - 1, "user_hash");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<StoredAssignment>> AssignmentStore::Find(
    PgConnection& db, ExperimentId experiment_id, const bandit::UserHash& user) {
  MAB_ASSIGN_OR_RETURN(const PgResult rows,
                       db.Execute(kFindSql, {experiment_id, PgParam::Bytes(user.AsBytes())}));
  if (rows.rows() == 0) return std::nullopt;
  return ReadRow(rows, 0, experiment_id);
}

}  // namespace mab::storage
