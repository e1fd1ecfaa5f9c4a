// Brings a database to the schema that this build knows: migrations/NNNN_what.sql, in order, each
// once.
//
// Each migration has a transaction of its own, under an advisory lock of that transaction: two
// processes may migrate at once, a pooler in transaction mode may stand in between, and one that
// fails leaves nothing behind. mab.migrations records what was applied, with a checksum.
//
// Thread safety: functions without state.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/clock.h"
#include "common/postgres.h"

namespace mab::storage {

struct Migration {
  int version = 0;       // from 1, without a gap
  std::string name;      // "what" of NNNN_what.sql
  std::string sql;       // at most 1 MiB
  std::string checksum;  // HashToken of the file, in hexadecimal
};

// The files of `directory`, in order. FAILED_PRECONDITION when it can't be read, has none, has a
// gap or the same number twice, or has a .sql file of another name.
absl::StatusOr<std::vector<Migration>> ReadMigrations(const std::string& directory);

// Applies what is missing; returns how many that were. FAILED_PRECONDITION when what the database
// has is not what the files say: one was edited or renamed after it was applied, or the database is
// newer than the files.
absl::StatusOr<int> ApplyMigrations(const std::string& url, const std::string& directory,
                                    const Clock& clock);

// OK when the database has all migrations that this build was made with (and perhaps newer ones:
// they are made so that the code before them still runs). FAILED_PRECONDITION, saying what to do,
// when it lacks one. UNAVAILABLE when the database is away.
absl::Status CheckMigrated(PgPool& pool);

}  // namespace mab::storage
