// Has visitors erased by the assignment service, keeps that they were, and learns when the journal
// is clear of them. A visitor's id goes to that service and nowhere else.
//
// While it asks for an erasure it holds a connection to PostgreSQL, so one at a time does, and a
// few wait: an assignment service that hangs leaves the pool's other connections to everybody else.
//
// Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "admin/concurrency_limit.h"
#include "common/clock.h"
#include "common/postgres.h"
#include "common/tls_files.h"
#include "common/uuid.h"
#include "mab/v1/erasure_service.grpc.pb.h"
#include "storage/audit_store.h"
#include "storage/erasure_store.h"

namespace mab::admin {

struct ErasureReport {
  storage::Erasure erasure;
  // The journal that has its record is not the one in use.
  bool journal_set_aside = false;
};

class ErasureClient {
 public:
  struct Options {
    // Of the assignment service: "host:port" or "unix:/path".
    std::string assignment_address;
    TlsFiles tls = {};
    std::string internal_secret;
    absl::Duration timeout = absl::Seconds(5);
    // Not owned; outlive this.
    PgPool* pool = nullptr;
    const Clock* clock = nullptr;
  };
  explicit ErasureClient(Options options);

  // Erasures that wait for the one that is under way, at most.
  static constexpr int kWaitingMax = 4;
  int waiting() const { return limit_.waiting(); }

  // On record in the audit log, without a word of whom it was about. INVALID_ARGUMENT naming
  // `user_id`. UNAVAILABLE: the assignment service or PostgreSQL is away, or the journal is full;
  // he may have been erased nonetheless, so try again. OVERLOADED: too many erasures wait.
  absl::StatusOr<storage::Erasure> Erase(const std::string& user_id,
                                         const storage::AuditActor& actor);
  // What is known now: asks the assignment service where it is not known to be clear yet, and makes
  // do without its answer. ERASURE_NOT_FOUND.
  absl::StatusOr<ErasureReport> Report(absl::string_view erasure_id);
  // Asks where any erasure is pending, and keeps what the answer says.
  absl::Status Look();
  // The same now and then, so that the time is known though nobody asks: a look that fails is
  // logged.
  void Watch();

 private:
  struct Progress {
    Uuid journal_id;
    uint64_t cleared_through = 0;
  };

  absl::StatusOr<storage::Erasure> CallErase(const std::string& user_id);
  absl::StatusOr<Progress> CallProgress();
  absl::Time Now() const;

  const Options options_;
  const std::unique_ptr<mab::v1::ErasureService::Stub> stub_;
  ConcurrencyLimit limit_{1, kWaitingMax};
};

}  // namespace mab::admin
