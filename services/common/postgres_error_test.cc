#include "common/postgres_error.h"

#include <gtest/gtest.h>

#include "common/error.h"

namespace mab {
namespace {

TEST(StatusFromSqlStateTest, MapsCodesAndClasses) {
  const struct {
    const char* sqlstate;
    absl::StatusCode code;
  } kCases[] = {
      {"23505", absl::StatusCode::kAlreadyExists},    // unique_violation
      {"40001", absl::StatusCode::kAborted},          // serialization_failure
      {"40P01", absl::StatusCode::kAborted},          // deadlock_detected
      {"08006", absl::StatusCode::kUnavailable},      // connection_failure
      {"53100", absl::StatusCode::kUnavailable},      // disk_full
      {"53300", absl::StatusCode::kUnavailable},      // too_many_connections
      {"57014", absl::StatusCode::kUnavailable},      // query_canceled
      {"57P01", absl::StatusCode::kUnavailable},      // admin_shutdown
      {"55P03", absl::StatusCode::kUnavailable},      // lock_not_available
      {"22003", absl::StatusCode::kInvalidArgument},  // numeric_value_out_of_range
      {"23502", absl::StatusCode::kInvalidArgument},  // not_null_violation
      {"23514", absl::StatusCode::kInvalidArgument},  // check_violation
      {"54000", absl::StatusCode::kInvalidArgument},  // program_limit_exceeded
      {"25006", absl::StatusCode::kUnavailable},      // read_only_sql_transaction
      {"42P01", absl::StatusCode::kInternal},         // undefined_table
      {"25P02", absl::StatusCode::kInternal},         // in_failed_sql_transaction
      {"XX000", absl::StatusCode::kInternal},        {"", absl::StatusCode::kInternal},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(StatusFromSqlState(c.sqlstate, "text").code(), c.code) << c.sqlstate;
  }
}

TEST(StatusFromSqlStateTest, KeepsTheTextForTheLogAndGivesNoReason) {
  const absl::Status status = StatusFromSqlState("23505", "duplicate key");
  EXPECT_EQ(status.message(), "PostgreSQL 23505: duplicate key");
  EXPECT_EQ(ErrorReason(status), kReasonInternal);
}

}  // namespace
}  // namespace mab
