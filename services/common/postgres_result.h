// The rows that a statement gave.
//
// Getters crash on a row or column that does not exist, on NULL, and on text that does not parse:
// that is a bug in the SQL beside them, not input. Views live as long as the result.
//
// Thread safety: const methods may be called from several threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/uuid.h"

using PGresult = struct pg_result;

namespace mab {

// Movable.
class PgResult {
 public:
  // Takes ownership.
  explicit PgResult(PGresult* result);
  PgResult(PgResult&&) noexcept;
  PgResult& operator=(PgResult&&) noexcept;
  ~PgResult();

  int rows() const;
  // Of INSERT, UPDATE, DELETE, SELECT; 0 for others.
  int64_t affected_rows() const;
  bool IsNull(int row, absl::string_view column) const;
  absl::string_view Text(int row, absl::string_view column) const;
  std::optional<std::string> OptionalText(int row, absl::string_view column) const;
  int64_t Int(int row, absl::string_view column) const;
  double Double(int row, absl::string_view column) const;
  bool Bool(int row, absl::string_view column) const;
  std::string Bytes(int row, absl::string_view column) const;  // bytea
  Uuid GetUuid(int row, absl::string_view column) const;
  // timestamptz, or a date (its midnight in UTC).
  absl::Time Time(int row, absl::string_view column) const;
  std::optional<absl::Time> OptionalTime(int row, absl::string_view column) const;
  // The elements of a one-dimensional array without NULLs.
  std::vector<std::string> Array(int row, absl::string_view column) const;
  std::vector<double> DoubleArray(int row, absl::string_view column) const;
  // The same of a column that nothing keeps from having other arrays: nullopt then.
  std::optional<std::vector<std::string>> FlatArray(int row, absl::string_view column) const;
  std::optional<std::vector<double>> FlatDoubleArray(int row, absl::string_view column) const;

 private:
  int Column(absl::string_view name) const;
  PGresult* result_;
};

}  // namespace mab
