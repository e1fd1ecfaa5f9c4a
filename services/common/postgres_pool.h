// A few connections to PostgreSQL, made when needed and replaced when lost.
//
// Thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/postgres_connection.h"

namespace mab {

class PgPool {
 public:
  struct Options {
    std::string url;
    int size_max = 4;
    absl::Duration connect_timeout = absl::Seconds(3);
    // How long a caller waits for a free connection before UNAVAILABLE.
    absl::Duration acquire_timeout = absl::Seconds(3);
    // statement_timeout of every transaction. A server that does not answer for twice as long is
    // given up, and so is, by the server, a transaction in which nothing is asked for twice as
    // long.
    absl::Duration statement_timeout = absl::Seconds(10);
  };
  // Connects to nothing yet.
  explicit PgPool(Options options);
  // REQUIRES: no call is running.
  ~PgPool();

  // Calls that wait for the server's answer give up as UNAVAILABLE within a tenth of a second, and
  // so does every call from now on. (A connection that is being made has its own timeout.)
  void Interrupt() { interrupted_ = true; }

  // Runs `body` in a transaction (SET LOCAL of the timeouts first). A connection that was found
  // dead before the first statement is replaced once; nothing else is tried again. `body` must not
  // use the pool: it would wait for a second connection while it holds the first.
  absl::Status Transaction(const std::function<absl::Status(PgConnection&)>& body);
  // The same for one that only reads: all its statements see the database at one moment.
  absl::Status ReadTransaction(const std::function<absl::Status(PgConnection&)>& body);
  // One statement in a transaction of its own.
  absl::StatusOr<PgResult> Execute(const std::string& sql, const std::vector<PgParam>& params = {});

 private:
  // A connection whose transaction has begun.
  absl::Status Run(const std::string& begin,
                   const std::function<absl::Status(PgConnection&)>& body);
  absl::StatusOr<std::unique_ptr<PgConnection>> Begin(const std::string& begin);
  absl::StatusOr<std::unique_ptr<PgConnection>> Connect();
  // The slot of one connection: an idle connection, or null where one is to be made.
  absl::StatusOr<std::unique_ptr<PgConnection>> Acquire();
  // Gives the slot back; keeps the connection where it can be used again.
  void Release(std::unique_ptr<PgConnection> connection);

  const Options options_;
  const std::string begin_;
  const std::string begin_read_;
  std::atomic<bool> interrupted_ = false;
  absl::Mutex mutex_;
  std::vector<std::unique_ptr<PgConnection>> idle_ ABSL_GUARDED_BY(mutex_);
  // Slots that are taken: idle connections are not among them.
  int busy_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace mab
