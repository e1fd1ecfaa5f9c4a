#include "storage/state_counts.h"

#include "common/status_macros.h"

namespace mab::storage {
namespace {

constexpr char kCountSql[] = "SELECT state, count(*) AS count FROM mab.experiments GROUP BY state";

}  // namespace

absl::StatusOr<StateCounts> CountStates(PgConnection& db) {
  MAB_ASSIGN_OR_RETURN(const PgResult result, db.Execute(kCountSql));
  StateCounts counts;
  for (int row = 0; row < result.rows(); ++row) {
    counts[StateFromName(result.Text(row, "state"))] =
        static_cast<uint64_t>(result.Int(row, "count"));
  }
  return counts;
}

}  // namespace mab::storage
