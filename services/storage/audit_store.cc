#include "storage/audit_store.h"

#include <algorithm>

#include "common/status_macros.h"

namespace mab::storage {
namespace {

constexpr char kAppend[] = R"sql(
    INSERT INTO mab.audit_log (at, account_id, action, subject_type, subject_id, before, after, address,
                               api_key_id)
    VALUES ($1::timestamptz, $2::uuid, $3, $4, $5, $6::json, $7::json, $8, $9::uuid))sql";

// One entry more than a page: whether there is another page. What is too large is measured, and not
// read.
constexpr char kList[] = R"sql(
    WITH found AS (
      SELECT id, at, account_id, action, subject_type, subject_id, before, after, address, api_key_id,
             coalesce(octet_length(before::text), 0) + coalesce(octet_length(after::text), 0) AS bytes
      FROM mab.audit_log
      WHERE ($1::uuid IS NULL OR account_id = $1)
        AND ($11::uuid IS NULL OR api_key_id = $11)
        AND ($2::text IS NULL OR action = $2)
        AND ($3::text IS NULL OR subject_type = $3)
        AND ($4::text IS NULL OR subject_id = $4)
        AND ($5::timestamptz IS NULL OR at >= $5)
        AND ($6::timestamptz IS NULL OR at < $6)
        AND ($7::bigint IS NULL OR id < $7)
      ORDER BY id DESC
      LIMIT $8
    ), measured AS (
      SELECT found.*, bytes > $9 AS omitted,
             row_number() OVER newest AS position,
             sum(CASE WHEN bytes > $9 THEN 0 ELSE bytes END) OVER newest AS bytes_through,
             count(*) OVER () AS found_count
      FROM found
      WINDOW newest AS (ORDER BY id DESC ROWS UNBOUNDED PRECEDING)
    )
    SELECT measured.id, measured.at, account_id, action, subject_type, subject_id,
           CASE WHEN NOT omitted THEN before END AS before,
           CASE WHEN NOT omitted THEN after END AS after,
           address, omitted, found_count, email, api_key_id, api_keys.name AS api_key_name
    FROM measured
      LEFT JOIN mab.accounts ON accounts.id = account_id
      LEFT JOIN mab.api_keys ON api_keys.id = api_key_id
    WHERE position = 1 OR bytes_through <= $10
    ORDER BY measured.id DESC)sql";

AuditRecord ReadRecord(const PgResult& rows, int row) {
  AuditRecord record{.id = rows.Int(row, "id"),
                     .entry = {.at = rows.Time(row, "at"),
                               .action = std::string(rows.Text(row, "action")),
                               .subject_type = std::string(rows.Text(row, "subject_type")),
                               .subject_id = std::string(rows.Text(row, "subject_id")),
                               .before_json = rows.OptionalText(row, "before"),
                               .after_json = rows.OptionalText(row, "after")},
                     .email = rows.OptionalText(row, "email"),
                     .api_key_name = rows.OptionalText(row, "api_key_name"),
                     .sides_omitted = rows.Bool(row, "omitted")};
  if (!rows.IsNull(row, "account_id")) {
    record.entry.actor.account_id = AccountId{rows.GetUuid(row, "account_id")};
  }
  if (!rows.IsNull(row, "api_key_id")) {
    record.entry.actor.api_key_id = ApiKeyId{rows.GetUuid(row, "api_key_id")};
  }
  record.entry.actor.address = rows.OptionalText(row, "address");
  return record;
}

}  // namespace

absl::Status AuditStore::Append(PgConnection& db, const AuditEntry& entry) {
  return db
      .Execute(kAppend, {entry.at, entry.actor.account_id, entry.action, entry.subject_type,
                         entry.subject_id, entry.before_json, entry.after_json, entry.actor.address,
                         entry.actor.api_key_id})
      .status();
}

absl::StatusOr<AuditPage> AuditStore::List(PgConnection& db, const AuditQuery& query) {
  MAB_ASSIGN_OR_RETURN(
      const PgResult rows,
      db.Execute(kList, {query.account_id, query.action, query.subject_type, query.subject_id,
                         query.since, query.until, query.before_id, query.page_size + 1,
                         static_cast<uint64_t>(query.sides_bytes_max),
                         static_cast<uint64_t>(query.page_bytes_max), query.api_key_id}));
  AuditPage page;
  const int count = std::min(rows.rows(), query.page_size);
  for (int row = 0; row < count; ++row) page.records.push_back(ReadRecord(rows, row));
  page.more = rows.rows() > 0 && rows.Int(0, "found_count") > count;
  return page;
}

}  // namespace mab::storage
