#include "storage/event_store.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "storage/event_rows.h"

namespace mab::storage {
namespace {

constexpr char kReadPositionSql[] = R"(
SELECT settings.value::uuid AS database_id, coalesce(positions.position, 0) AS position,
       positions.checksum
FROM mab.settings
LEFT JOIN mab.journal_positions AS positions ON positions.journal_id = $1
WHERE settings.key = 'database_id')";

constexpr char kLockPositionSql[] = R"(
SELECT position FROM mab.journal_positions WHERE journal_id = $1 FOR UPDATE)";

constexpr char kInsertPositionSql[] = R"(
INSERT INTO mab.journal_positions (journal_id, position, update_time) VALUES ($1, 0, $2)
ON CONFLICT (journal_id) DO NOTHING)";

constexpr char kSavePositionSql[] = R"(
UPDATE mab.journal_positions SET position = $2, checksum = $3, update_time = $4
WHERE journal_id = $1)";

constexpr char kSetAsideSql[] = R"(
INSERT INTO mab.set_aside_records (journal_id, sequence, record_type, user_hash, body, error,
                                   set_aside_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (journal_id, sequence) DO NOTHING)";

// Locks the position's row until the transaction's end. ABORTED where it is not `after`.
absl::Status LockPosition(PgConnection& db, const Uuid& journal_id, uint64_t after,
                          absl::Time now) {
  absl::StatusOr<PgResult> locked = db.Execute(kLockPositionSql, {journal_id});
  if (locked.ok() && locked->rows() == 0) {
    MAB_RETURN_IF_ERROR(db.Execute(kInsertPositionSql, {journal_id, now}).status());
    locked = db.Execute(kLockPositionSql, {journal_id});
  }
  MAB_RETURN_IF_ERROR(locked.status());
  if (locked->rows() != 1)
    return absl::AbortedError("the journal's position was removed meanwhile");
  const auto position = static_cast<uint64_t>(locked->Int(0, "position"));
  if (position == after) return absl::OkStatus();
  return absl::AbortedError(absl::StrCat("the journal's position in the database is ", position,
                                         ", and was ", after, " before"));
}

// Pieces that end with their erasures.
absl::Status InsertInPieces(PgConnection& db, absl::Span<const SequencedEvent> events) {
  EventRows piece;
  for (const SequencedEvent& event : events) {
    if (piece.has_erasures() && !std::holds_alternative<ErasureEvent>(event.event)) {
      MAB_RETURN_IF_ERROR(piece.Insert(db));
      piece = EventRows();
    }
    piece.Add(event.event);
  }
  return piece.Insert(db);
}

absl::Status SavePosition(PgConnection& db, const Uuid& journal_id, uint64_t position,
                          uint32_t checksum, absl::Time now) {
  return db.Execute(kSavePositionSql, {journal_id, position, checksum, now}).status();
}

}  // namespace

absl::StatusOr<JournalPosition> EventStore::ReadPosition(PgConnection& db, const Uuid& journal_id) {
  MAB_ASSIGN_OR_RETURN(const PgResult result, db.Execute(kReadPositionSql, {journal_id}));
  if (result.rows() != 1) return absl::InternalError("the database has no database_id");
  JournalPosition at{.database_id = result.GetUuid(0, "database_id"),
                     .position = static_cast<uint64_t>(result.Int(0, "position")),
                     .checksum = std::nullopt};
  if (!result.IsNull(0, "checksum")) {
    at.checksum = static_cast<uint32_t>(result.Int(0, "checksum"));
  }
  return at;
}

absl::Status EventStore::DrainBatch(PgConnection& db, const Uuid& journal_id, uint64_t after,
                                    absl::Span<const SequencedEvent> events, absl::Time now) {
  if (events.empty()) return absl::OkStatus();
  MAB_RETURN_IF_ERROR(LockPosition(db, journal_id, after, now));
  MAB_RETURN_IF_ERROR(InsertInPieces(db, events));
  return SavePosition(db, journal_id, events.back().sequence, events.back().checksum, now);
}

absl::Status EventStore::SetAside(PgConnection& db, const Uuid& journal_id, uint64_t after,
                                  const SetAsideRecord& record, absl::Time now) {
  MAB_RETURN_IF_ERROR(LockPosition(db, journal_id, after, now));
  const PgParam user =
      record.user.has_value() ? PgParam::Bytes(record.user->AsBytes()) : PgParam(std::nullopt);
  MAB_RETURN_IF_ERROR(db.Execute(kSetAsideSql, {journal_id, record.sequence, int{record.type}, user,
                                                PgParam::Bytes(record.body), record.error, now})
                          .status());
  return SavePosition(db, journal_id, record.sequence, record.checksum, now);
}

}  // namespace mab::storage
