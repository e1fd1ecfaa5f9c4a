// One connection to PostgreSQL.
//
// Thread safety: one thread at a time.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/postgres_param.h"
#include "common/postgres_result.h"

using PGconn = struct pg_conn;

namespace mab {

class PgConnection {
 public:
  // UNAVAILABLE when the server can't be reached, or refuses, within `connect_timeout` (the
  // resolver's time for a host name is not bounded by it; where `url` names several hosts, each has
  // that time, of whole seconds and at least two). FAILED_PRECONDITION when `url` is not a
  // connection string; its text is not repeated, for it may hold a password.
  static absl::StatusOr<std::unique_ptr<PgConnection>> Connect(const std::string& url,
                                                               absl::Duration connect_timeout);
  ~PgConnection();
  PgConnection(const PgConnection&) = delete;
  PgConnection& operator=(const PgConnection&) = delete;

  // One statement with $1, $2, …
  absl::StatusOr<PgResult> Execute(const std::string& sql, const std::vector<PgParam>& params = {});
  // Several statements without parameters (migrations). All or nothing, unless it says BEGIN or
  // COMMIT itself.
  absl::Status ExecuteScript(const std::string& sql);
  // BEGIN, `body`, COMMIT; ROLLBACK when `body` fails. An error of COMMIT is the transaction's
  // error: whether it was committed is then unknown. INTERNAL when `body` ignored the error of a
  // statement, for nothing can be committed.
  absl::Status Transaction(const std::function<absl::Status(PgConnection&)>& body);

  // The two halves of Transaction, for one that sets more at the start. `begin` is a script that
  // starts with BEGIN.
  absl::Status Begin(const std::string& begin);
  absl::Status Finish(absl::Status body_status);

  // A statement that has no answer by then fails as UNAVAILABLE, and the connection is lost. The
  // server's own statement_timeout should come first: this is for a server or a network that hangs.
  // Infinite at first.
  void set_answer_timeout(absl::Duration timeout) { answer_timeout_ = timeout; }
  // Once `interrupted` is true, whoever waits for an answer gives up as UNAVAILABLE within a tenth
  // of a second, and the connection is lost. Not owned; null at first.
  void set_interrupted(const std::atomic<bool>* interrupted) { interrupted_ = interrupted; }
  // False once the connection was lost, or its server takes no writes any more: it must be
  // replaced.
  bool healthy() const;
  // No transaction is open.
  bool idle() const;

 private:
  explicit PgConnection(PGconn* connection) : connection_(connection) {}

  // Waits until all of the statement was sent and answered; the last result, or the first error.
  absl::StatusOr<PgResult> Await();
  absl::Status SendAll(absl::Time deadline);
  absl::StatusOr<PgResult> ReceiveAll(absl::Time deadline);
  absl::Status Wait(bool for_write, absl::Time deadline);
  absl::Status Lost();

  PGconn* connection_;
  absl::Duration answer_timeout_ = absl::InfiniteDuration();
  const std::atomic<bool>* interrupted_ = nullptr;
  // The protocol is in the middle of an answer that nobody waits for.
  bool unusable_ = false;
};

// The first statements of every transaction: BEGIN, and the forms of output that postgres_result.h
// reads, whatever the server's or the role's defaults are. SET LOCAL ends with the transaction.
extern const char kPgBegin[];

}  // namespace mab
