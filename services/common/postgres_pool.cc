#include "common/postgres_pool.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace mab {

// The server, too, gives a partner up that has gone silent: a connection that was lost without a
// word would hold its transaction's locks for hours.
PgPool::PgPool(Options options)
    : options_(std::move(options)),
      begin_(absl::StrCat(kPgBegin, "; SET LOCAL statement_timeout = ",
                          absl::ToInt64Milliseconds(options_.statement_timeout),
                          "; SET LOCAL idle_in_transaction_session_timeout = ",
                          absl::ToInt64Milliseconds(2 * options_.statement_timeout))),
      begin_read_(
          absl::StrCat(begin_, "; SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")) {}

PgPool::~PgPool() = default;

absl::Status PgPool::Transaction(const std::function<absl::Status(PgConnection&)>& body) {
  return Run(begin_, body);
}

absl::Status PgPool::ReadTransaction(const std::function<absl::Status(PgConnection&)>& body) {
  return Run(begin_read_, body);
}

absl::Status PgPool::Run(const std::string& begin,
                         const std::function<absl::Status(PgConnection&)>& body) {
  MAB_ASSIGN_OR_RETURN(std::unique_ptr<PgConnection> connection, Begin(begin));
  absl::Status status = connection->Finish(body(*connection));
  Release(std::move(connection));
  return status;
}

absl::StatusOr<PgResult> PgPool::Execute(const std::string& sql,
                                         const std::vector<PgParam>& params) {
  absl::StatusOr<PgResult> result = absl::InternalError("not run");
  const absl::Status status = Transaction([&](PgConnection& connection) {
    result = connection.Execute(sql, params);
    return result.status();
  });
  // COMMIT may fail after the statement succeeded.
  if (!status.ok()) return status;
  return result;
}

absl::StatusOr<std::unique_ptr<PgConnection>> PgPool::Begin(const std::string& begin) {
  if (interrupted_) return absl::UnavailableError("PostgreSQL: this process is stopping");
  MAB_ASSIGN_OR_RETURN(std::unique_ptr<PgConnection> connection, Acquire());
  if (connection != nullptr) {
    absl::Status status = connection->Begin(begin);
    if (status.ok()) return connection;
    if (connection->healthy()) {
      Release(std::move(connection));
      return status;
    }
    // It died while it was idle. Others that are idle probably did too, so a new one takes its
    // place.
  }
  absl::StatusOr<std::unique_ptr<PgConnection>> fresh = Connect();
  absl::Status status = fresh.ok() ? (*fresh)->Begin(begin) : fresh.status();
  if (status.ok()) return fresh;
  Release(nullptr);
  return status;
}

absl::StatusOr<std::unique_ptr<PgConnection>> PgPool::Connect() {
  MAB_ASSIGN_OR_RETURN(std::unique_ptr<PgConnection> connection,
                       PgConnection::Connect(options_.url, options_.connect_timeout));
  connection->set_answer_timeout(2 * options_.statement_timeout);
  connection->set_interrupted(&interrupted_);
  return connection;
}

absl::StatusOr<std::unique_ptr<PgConnection>> PgPool::Acquire() {
  absl::MutexLock lock(&mutex_);
  const auto has_slot = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return busy_ < options_.size_max;
  };
  if (!mutex_.AwaitWithTimeout(absl::Condition(&has_slot), options_.acquire_timeout)) {
    return absl::UnavailableError(
        absl::StrCat("all ", options_.size_max, " connections to PostgreSQL are in use"));
  }
  ++busy_;
  if (idle_.empty()) return nullptr;
  std::unique_ptr<PgConnection> connection = std::move(idle_.back());
  idle_.pop_back();
  return connection;
}

void PgPool::Release(std::unique_ptr<PgConnection> connection) {
  const bool reusable = connection != nullptr && connection->healthy() && connection->idle();
  absl::MutexLock lock(&mutex_);
  --busy_;
  // What is not kept is closed by the parameter's destructor, after the lock is released.
  if (reusable) idle_.push_back(std::move(connection));
}

}  // namespace mab
