// PostgreSQL, and the only place that knows libpq.
//
// Parameters and results travel as text; statements are unnamed (no prepared statement outlives a transaction, and no
// session state is set), so a pooler in transaction mode can stand in between.
//
// Errors: every statement returns absl::Status. SQLSTATE is mapped by one function: 23505 -> ALREADY_EXISTS, 40001 and
// 40P01 -> ABORTED, classes 08, 53, 57 and a lost connection -> UNAVAILABLE, 22 and 23 -> INVALID_ARGUMENT (the server
// refuses the data for its own sake), all else -> INTERNAL. PostgreSQL's own text is in the status for the log;
// rpc_status.h never shows it to a client.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/uuid.h"

typedef struct pg_conn PGconn;
typedef struct pg_result PGresult;

namespace mab {

// A parameter in PostgreSQL's text form, or NULL.
class PgParam {
 public:
  PgParam(std::nullopt_t) {}
  PgParam(absl::string_view text) : text_(text) {}
  PgParam(const std::string& text) : text_(text) {}
  PgParam(const char* text) : text_(text) {}
  PgParam(bool value) : text_(value ? "t" : "f") {}
  PgParam(int value) : text_(std::to_string(value)) {}
  PgParam(int64_t value) : text_(std::to_string(value)) {}
  PgParam(uint32_t value) : text_(std::to_string(value)) {}
  PgParam(uint64_t value) : text_(std::to_string(value)) {}
  // Shortest text that reads back as the same double.
  PgParam(double value);
  PgParam(const Uuid& uuid) : text_(uuid.ToString()) {}
  template <typename Tag>
  PgParam(const TypedId<Tag>& id) : text_(id.ToString()) {}
  // timestamptz with microseconds.
  PgParam(absl::Time time);
  template <typename T>
  PgParam(const std::optional<T>& value) {
    if (value.has_value()) text_ = PgParam(*value).text_;
  }
  static PgParam Bytes(absl::string_view bytes);  // bytea, as \x…

  const std::optional<std::string>& text() const { return text_; }

 private:
  std::optional<std::string> text_;
};

// Builds an array parameter ('{…}') for unnest: element by element, quoted as needed.
class PgArray {
 public:
  void Add(const PgParam& element);
  void Reserve(size_t bytes) { text_.reserve(bytes); }
  size_t size() const { return size_; }
  PgParam ToParam() const;

 private:
  std::string text_ = "{";
  size_t size_ = 0;
};

// The rows of one statement. Getters crash on a column that does not exist or does not parse: that is a bug in the SQL
// beside them, not input. Movable.
class PgResult {
 public:
  explicit PgResult(PGresult* result);
  PgResult(PgResult&&) noexcept;
  PgResult& operator=(PgResult&&) noexcept;
  ~PgResult();

  int rows() const;
  int64_t affected_rows() const;
  bool IsNull(int row, absl::string_view column) const;
  absl::string_view Text(int row, absl::string_view column) const;
  int64_t Int(int row, absl::string_view column) const;
  double Double(int row, absl::string_view column) const;
  bool Bool(int row, absl::string_view column) const;
  std::string Bytes(int row, absl::string_view column) const;  // bytea
  Uuid GetUuid(int row, absl::string_view column) const;
  absl::Time Time(int row, absl::string_view column) const;
  std::optional<absl::Time> OptionalTime(int row, absl::string_view column) const;
  // The elements of a one-dimensional array without NULLs.
  std::vector<std::string> Array(int row, absl::string_view column) const;
  std::vector<double> DoubleArray(int row, absl::string_view column) const;

 private:
  int Column(absl::string_view name) const;
  PGresult* result_;
};

// One connection. Not thread-safe.
class PgConnection {
 public:
  // UNAVAILABLE when the server can't be reached within `connect_timeout`.
  static absl::StatusOr<std::unique_ptr<PgConnection>> Connect(const std::string& url,
                                                               absl::Duration connect_timeout);
  ~PgConnection();
  PgConnection(const PgConnection&) = delete;
  PgConnection& operator=(const PgConnection&) = delete;

  // One statement with $1, $2, …
  absl::StatusOr<PgResult> Execute(const std::string& sql, const std::vector<PgParam>& params = {});
  // Several statements without parameters (migrations).
  absl::Status ExecuteScript(const std::string& sql);
  // BEGIN, `body`, COMMIT; ROLLBACK when `body` fails. An error of COMMIT is the transaction's error: whether it was
  // committed is then unknown.
  absl::Status Transaction(const std::function<absl::Status(PgConnection&)>& body);
  // False once the connection was lost: it must be replaced.
  bool healthy() const;

 private:
  explicit PgConnection(PGconn* connection) : connection_(connection) {}
  PGconn* connection_;
};

// A few connections, made when needed, replaced when lost. Thread-safe.
class PgPool {
 public:
  struct Options {
    std::string url;
    int size_max = 4;
    absl::Duration connect_timeout = absl::Seconds(3);
    // How long a caller waits for a free connection before UNAVAILABLE.
    absl::Duration acquire_timeout = absl::Seconds(3);
    // statement_timeout of every transaction.
    absl::Duration statement_timeout = absl::Seconds(10);
  };
  explicit PgPool(Options options);
  ~PgPool();

  // Runs `body` in a transaction (SET LOCAL statement_timeout first). A connection that was found dead before the
  // first statement is replaced once; nothing else is tried again.
  absl::Status Transaction(const std::function<absl::Status(PgConnection&)>& body);
  // One statement in a transaction of its own.
  absl::StatusOr<PgResult> Execute(const std::string& sql, const std::vector<PgParam>& params = {});

 private:
  absl::StatusOr<std::unique_ptr<PgConnection>> Acquire();
  void Release(std::unique_ptr<PgConnection> connection);

  const Options options_;
  absl::Mutex mutex_;
  std::vector<std::unique_ptr<PgConnection>> idle_ ABSL_GUARDED_BY(mutex_);
  int open_ ABSL_GUARDED_BY(mutex_) = 0;
};

// What SQLSTATE means inside the services; `message` is for the log.
absl::Status StatusFromSqlState(absl::string_view sqlstate, absl::string_view message);

}  // namespace mab
