#include "storage/erasure_store.h"

#include "common/status_macros.h"

namespace mab::storage {
namespace {

constexpr char kInsert[] = R"sql(
    INSERT INTO mab.erasures (id, journal_id, sequence, assignments, erased_at, clear_by)
    VALUES ($1, $2, $3, $4, $5, $6))sql";

constexpr char kFind[] = R"sql(
    SELECT id, journal_id, sequence, assignments, erased_at, clear_by, clear_time
    FROM mab.erasures WHERE id = $1)sql";

constexpr char kAnyPending[] =
    "SELECT EXISTS (SELECT FROM mab.erasures WHERE clear_time IS NULL) AS pending";

constexpr char kMarkClear[] = R"sql(
    UPDATE mab.erasures SET clear_time = $3
    WHERE journal_id = $1 AND sequence <= $2 AND clear_time IS NULL)sql";

}  // namespace

absl::Status ErasureStore::Insert(PgConnection& db, const Erasure& erasure) {
  return db
      .Execute(kInsert,
               {erasure.id, erasure.journal_id, erasure.sequence,
                static_cast<uint64_t>(erasure.assignments), erasure.erased_at, erasure.clear_by})
      .status();
}

absl::StatusOr<std::optional<Erasure>> ErasureStore::Find(PgConnection& db, const Uuid& id) {
  MAB_ASSIGN_OR_RETURN(const PgResult rows, db.Execute(kFind, {id}));
  if (rows.rows() == 0) return std::nullopt;
  return Erasure{.id = rows.GetUuid(0, "id"),
                 .journal_id = rows.GetUuid(0, "journal_id"),
                 .sequence = static_cast<uint64_t>(rows.Int(0, "sequence")),
                 .assignments = static_cast<uint32_t>(rows.Int(0, "assignments")),
                 .erased_at = rows.Time(0, "erased_at"),
                 .clear_by = rows.Time(0, "clear_by"),
                 .clear_time = rows.OptionalTime(0, "clear_time")};
}

absl::StatusOr<bool> ErasureStore::AnyPending(PgConnection& db) {
  MAB_ASSIGN_OR_RETURN(const PgResult rows, db.Execute(kAnyPending));
  return rows.Bool(0, "pending");
}

absl::StatusOr<int64_t> ErasureStore::MarkClear(PgConnection& db, const Uuid& journal_id,
                                                uint64_t through, absl::Time at) {
  MAB_ASSIGN_OR_RETURN(const PgResult result, db.Execute(kMarkClear, {journal_id, through, at}));
  return result.affected_rows();
}

}  // namespace mab::storage
