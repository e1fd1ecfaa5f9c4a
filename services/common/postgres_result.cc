#include "common/postgres_result.h"

#include <libpq-fe.h>

#include <cstdlib>
#include <utility>

#include "absl/strings/numbers.h"
#include "common/log.h"
#include "common/postgres_text.h"
#include "common/secret.h"

namespace mab {
namespace {

[[noreturn]] void CrashOnColumn(absl::string_view problem, absl::string_view column) {
  Log(LogLevel::kError, "a query's result is not what its reader expects",
      {{"problem", problem}, {"column", column}});
  std::abort();
}

}  // namespace

PgResult::PgResult(PGresult* result) : result_(result) {}

PgResult::PgResult(PgResult&& other) noexcept : result_(std::exchange(other.result_, nullptr)) {}

PgResult& PgResult::operator=(PgResult&& other) noexcept {
  std::swap(result_, other.result_);
  return *this;
}

PgResult::~PgResult() { PQclear(result_); }

int PgResult::rows() const { return PQntuples(result_); }

int64_t PgResult::affected_rows() const {
  int64_t count = 0;
  return absl::SimpleAtoi(PQcmdTuples(result_), &count) ? count : 0;
}

int PgResult::Column(absl::string_view name) const {
  // Results are narrow: comparing names is cheaper than an index, and PQfnumber would fold the
  // case.
  const int count = PQnfields(result_);
  for (int i = 0; i < count; ++i) {
    if (name == PQfname(result_, i)) return i;
  }
  CrashOnColumn("no such column", name);
}

bool PgResult::IsNull(int row, absl::string_view column) const {
  if (row < 0 || row >= rows()) CrashOnColumn("no such row", column);
  return PQgetisnull(result_, row, Column(column)) != 0;
}

absl::string_view PgResult::Text(int row, absl::string_view column) const {
  if (row < 0 || row >= rows()) CrashOnColumn("no such row", column);
  const int index = Column(column);
  if (PQgetisnull(result_, row, index) != 0) CrashOnColumn("is NULL", column);
  return absl::string_view(PQgetvalue(result_, row, index), PQgetlength(result_, row, index));
}

int64_t PgResult::Int(int row, absl::string_view column) const {
  int64_t value = 0;
  if (!absl::SimpleAtoi(Text(row, column), &value)) CrashOnColumn("is not an integer", column);
  return value;
}

double PgResult::Double(int row, absl::string_view column) const {
  const std::optional<double> value = ParsePgDouble(Text(row, column));
  if (!value.has_value()) CrashOnColumn("is not a number", column);
  return *value;
}

bool PgResult::Bool(int row, absl::string_view column) const {
  const absl::string_view text = Text(row, column);
  if (text != "t" && text != "f") CrashOnColumn("is not a boolean", column);
  return text == "t";
}

std::string PgResult::Bytes(int row, absl::string_view column) const {
  const absl::string_view text = Text(row, column);
  if (text.substr(0, 2) != "\\x") CrashOnColumn("is not bytea in hex form", column);
  absl::StatusOr<std::string> bytes = HexDecode(text.substr(2));
  if (!bytes.ok()) CrashOnColumn("is not bytea in hex form", column);
  return *std::move(bytes);
}

Uuid PgResult::GetUuid(int row, absl::string_view column) const {
  const absl::StatusOr<Uuid> uuid = Uuid::Parse(Text(row, column));
  if (!uuid.ok()) CrashOnColumn("is not a UUID", column);
  return *uuid;
}

absl::Time PgResult::Time(int row, absl::string_view column) const {
  const std::optional<absl::Time> time = ParsePgTime(Text(row, column));
  if (!time.has_value()) CrashOnColumn("is not a time in ISO form", column);
  return *time;
}

std::optional<std::string> PgResult::OptionalText(int row, absl::string_view column) const {
  if (IsNull(row, column)) return std::nullopt;
  return std::string(Text(row, column));
}

std::optional<absl::Time> PgResult::OptionalTime(int row, absl::string_view column) const {
  if (IsNull(row, column)) return std::nullopt;
  return Time(row, column);
}

std::vector<std::string> PgResult::Array(int row, absl::string_view column) const {
  std::optional<std::vector<std::string>> elements = FlatArray(row, column);
  if (!elements.has_value()) CrashOnColumn("is not a flat array without NULLs", column);
  return *std::move(elements);
}

std::vector<double> PgResult::DoubleArray(int row, absl::string_view column) const {
  std::optional<std::vector<double>> numbers = FlatDoubleArray(row, column);
  if (!numbers.has_value()) CrashOnColumn("is not a flat array without NULLs", column);
  return *std::move(numbers);
}

std::optional<std::vector<std::string>> PgResult::FlatArray(int row,
                                                            absl::string_view column) const {
  return ParsePgArray(Text(row, column));
}

std::optional<std::vector<double>> PgResult::FlatDoubleArray(int row,
                                                             absl::string_view column) const {
  const std::optional<std::vector<std::string>> elements = FlatArray(row, column);
  if (!elements.has_value()) return std::nullopt;
  std::vector<double> numbers;
  for (const std::string& element : *elements) {
    const std::optional<double> number = ParsePgDouble(element);
    if (!number.has_value()) CrashOnColumn("has an element that is not a number", column);
    numbers.push_back(*number);
  }
  return numbers;
}

}  // namespace mab
