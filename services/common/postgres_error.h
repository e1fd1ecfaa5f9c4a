// What PostgreSQL's errors mean inside the services: one function.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace mab {

// read_only_sql_transaction: the server is a standby, or was demoted to one.
inline constexpr absl::string_view kReadOnlySqlState = "25006";

// 23505 -> ALREADY_EXISTS; 40001 and 40P01 -> ABORTED; 25006, 55P03 (a lock was not to be had in
// time) and classes 08, 53 and 57 -> UNAVAILABLE; 22, 23 and 54 -> INVALID_ARGUMENT (the server
// refuses the data for its own sake); all else -> INTERNAL. `message` is for the log. The status has
// no reason: who knows what the row means gives it one (error.h).
absl::Status StatusFromSqlState(absl::string_view sqlstate, absl::string_view message);

}  // namespace mab
