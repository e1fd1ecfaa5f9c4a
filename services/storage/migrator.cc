#include "storage/migrator.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/error.h"
#include "common/log.h"
#include "common/secret.h"
#include "common/status_macros.h"

namespace mab::storage {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMigrationBytesMax = 1 << 20;
// Of the build: the number of files in migrations/.
constexpr int kSchemaVersion = MAB_SCHEMA_VERSION;

// One lock for all who migrate this database. The number is ours alone: "mab" and "migr" in ASCII.
constexpr char kLock[] = "SELECT pg_advisory_xact_lock(7168354, 1835624306)";
// An index on a large table takes its time; whoever waits for another's migration does not wait for
// ever.
constexpr char kTimeouts[] = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '5min'";
constexpr char kTableExists[] = "SELECT to_regclass('mab.migrations') IS NOT NULL AS is_there";
constexpr char kSchemaExists[] = "SELECT to_regnamespace('mab') IS NOT NULL AS is_there";
constexpr char kCreateTable[] =
    "CREATE TABLE mab.migrations ("
    " version integer PRIMARY KEY,"
    " name text NOT NULL,"
    " checksum text NOT NULL,"
    " applied_at timestamptz NOT NULL)";
constexpr char kSelectApplied[] =
    "SELECT version, name, checksum FROM mab.migrations ORDER BY version";
constexpr char kInsertApplied[] =
    "INSERT INTO mab.migrations (version, name, checksum, applied_at) VALUES ($1, $2, $3, $4)";
constexpr char kSelectVersion[] = "SELECT coalesce(max(version), 0) AS version FROM mab.migrations";

absl::Status Refused(absl::string_view message) {
  return FailedPreconditionError(kReasonFailedPrecondition, message);
}

std::string FileName(int version, absl::string_view name) {
  return absl::StrFormat("%04d_%s.sql", version, name);
}

bool IsNameCharacter(char c) {
  return absl::ascii_islower(static_cast<unsigned char>(c)) ||
         absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '_';
}

absl::StatusOr<Migration> ReadMigration(const fs::path& path) {
  const std::string file = path.filename();
  const std::string stem = path.stem();
  Migration migration;
  const bool named =
      stem.size() > 5 && stem[4] == '_' && std::all_of(stem.begin(), stem.end(), IsNameCharacter);
  if (!named || !absl::SimpleAtoi(stem.substr(0, 4), &migration.version)) {
    return Refused(absl::StrCat("migration ", file, " is not named like 0001_what.sql"));
  }
  migration.name = stem.substr(5);
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream content;
  content << stream.rdbuf();
  migration.sql = content.str();
  if (!stream || migration.sql.empty() || migration.sql.size() > kMigrationBytesMax) {
    return Refused(absl::StrCat("migration ", file, " can't be read, is empty or has more than ",
                                kMigrationBytesMax, " bytes"));
  }
  migration.checksum = HexEncode(HashToken(migration.sql));
  return migration;
}

absl::Status CheckNumbers(const std::vector<Migration>& migrations) {
  for (size_t i = 0; i < migrations.size(); ++i) {
    const int expected = static_cast<int>(i) + 1;
    const Migration& migration = migrations[i];
    if (migration.version == expected) continue;
    const std::string file = FileName(migration.version, migration.name);
    if (migration.version < expected) {
      return Refused(absl::StrCat("migration ", file, " has a number that another one has, or 0"));
    }
    return Refused(absl::StrFormat("migration %04d is missing: %s comes next", expected, file));
  }
  return absl::OkStatus();
}

// Every applied migration must be the file of its number.
absl::Status CheckApplied(const PgResult& applied, const std::vector<Migration>& migrations) {
  for (int row = 0; row < applied.rows(); ++row) {
    const int64_t version = applied.Int(row, "version");
    const std::string name(applied.Text(row, "name"));
    if (version != row + 1) {
      return Refused(absl::StrFormat("the database has migration %04d, but not %04d before it",
                                     version, row + 1));
    }
    if (static_cast<size_t>(row) >= migrations.size()) {
      return Refused(absl::StrFormat(
          "the database is newer than this build: it has migration %s, the newest here is %04d",
          FileName(static_cast<int>(version), name), migrations.size()));
    }
    const Migration& migration = migrations[row];
    if (migration.name != name || migration.checksum != applied.Text(row, "checksum")) {
      return Refused(absl::StrFormat(
          "migration %s was changed after it was applied (then it was %s): restore it and add a "
          "new one",
          FileName(migration.version, migration.name), FileName(migration.version, name)));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> IsThere(PgConnection& connection, const char* sql) {
  MAB_ASSIGN_OR_RETURN(const PgResult result, connection.Execute(sql));
  return result.Bool(0, "is_there");
}

absl::Status EnsureTable(PgConnection& connection) {
  MAB_ASSIGN_OR_RETURN(const bool has_table, IsThere(connection, kTableExists));
  if (has_table) return absl::OkStatus();
  // Asked first: CREATE SCHEMA IF NOT EXISTS needs the right to create one even where there is one.
  MAB_ASSIGN_OR_RETURN(const bool has_schema, IsThere(connection, kSchemaExists));
  if (!has_schema) MAB_RETURN_IF_ERROR(connection.Execute("CREATE SCHEMA mab").status());
  return connection.Execute(kCreateTable).status();
}

absl::Status Apply(PgConnection& connection, const Migration& migration, const Clock& clock) {
  const std::string file = FileName(migration.version, migration.name);
  const absl::Status status = connection.ExecuteScript(migration.sql);
  if (!status.ok()) {
    return absl::Status(status.code(), absl::StrCat("migration ", file, ": ", status.message()));
  }
  if (connection.idle()) {
    return InternalError(absl::StrCat("migration ", file, " ends its transaction by itself"));
  }
  MAB_RETURN_IF_ERROR(connection
                          .Execute(kInsertApplied, {migration.version, migration.name,
                                                    migration.checksum, clock.Now()})
                          .status());
  MAB_LOG(kInfo, "applied a migration", {{"file", file}});
  return absl::OkStatus();
}

// Checks what the database has, and applies the first migration that it lacks. False where it lacks
// none.
absl::StatusOr<bool> ApplyNext(PgConnection& connection, const std::vector<Migration>& migrations,
                               const Clock& clock) {
  bool applied_one = false;
  MAB_RETURN_IF_ERROR(connection.Transaction([&](PgConnection&) -> absl::Status {
    MAB_RETURN_IF_ERROR(connection.ExecuteScript(kTimeouts));
    MAB_RETURN_IF_ERROR(connection.Execute(kLock).status());
    MAB_RETURN_IF_ERROR(EnsureTable(connection));
    MAB_ASSIGN_OR_RETURN(const PgResult applied, connection.Execute(kSelectApplied));
    MAB_RETURN_IF_ERROR(CheckApplied(applied, migrations));
    const auto next = static_cast<size_t>(applied.rows());
    if (next == migrations.size()) return absl::OkStatus();
    applied_one = true;
    return Apply(connection, migrations[next], clock);
  }));
  return applied_one;
}

}  // namespace

absl::StatusOr<std::vector<Migration>> ReadMigrations(const std::string& directory) {
  std::vector<Migration> migrations;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, error)) {
    if (entry.path().extension() != ".sql") continue;
    MAB_ASSIGN_OR_RETURN(Migration migration, ReadMigration(entry.path()));
    migrations.push_back(std::move(migration));
  }
  if (error) {
    return Refused(absl::StrCat("no migrations at ", directory, ": ", error.message()));
  }
  if (migrations.empty()) return Refused(absl::StrCat("no migrations at ", directory));
  std::sort(migrations.begin(), migrations.end(), [](const Migration& a, const Migration& b) {
    return std::tie(a.version, a.name) < std::tie(b.version, b.name);
  });
  MAB_RETURN_IF_ERROR(CheckNumbers(migrations));
  return migrations;
}

absl::StatusOr<int> ApplyMigrations(const std::string& url, const std::string& directory,
                                    const Clock& clock) {
  MAB_ASSIGN_OR_RETURN(const std::vector<Migration> migrations, ReadMigrations(directory));
  MAB_ASSIGN_OR_RETURN(const std::unique_ptr<PgConnection> connection,
                       PgConnection::Connect(url, absl::Seconds(10)));
  int count = 0;
  while (true) {
    MAB_ASSIGN_OR_RETURN(const bool applied, ApplyNext(*connection, migrations, clock));
    if (!applied) return count;
    ++count;
  }
}

absl::Status CheckMigrated(PgPool& pool) {
  int64_t version = 0;
  MAB_RETURN_IF_ERROR(pool.Transaction([&](PgConnection& connection) -> absl::Status {
    MAB_ASSIGN_OR_RETURN(const bool has_table, IsThere(connection, kTableExists));
    if (!has_table) return absl::OkStatus();
    MAB_ASSIGN_OR_RETURN(const PgResult result, connection.Execute(kSelectVersion));
    version = result.Int(0, "version");
    return absl::OkStatus();
  }));
  if (version >= kSchemaVersion) return absl::OkStatus();
  return Refused(absl::StrFormat(
      "the database is at migration %04d and this build needs %04d: run `mab-admin migrate`",
      version, kSchemaVersion));
}

}  // namespace mab::storage
