// Who may call what of this process: one row for each RPC that it serves. A method that has no row
// is refused, so a new RPC is closed until somebody decides who may call it.
//
// In a call's path, so nothing here waits: the secret is compared in memory, a key is looked up in
// the snapshot by its hash.
//
// Refused calls are in the log, at most ten lines a second of strangers and as many of keys that
// have expired, with the method, the peer's address and the reason; never what was shown.
//
// Thread-safe.
#pragma once

#include <grpcpp/server_context.h>

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "assignment/caller.h"
#include "assignment/caller_keys.h"
#include "assignment/snapshot_holder.h"
#include "common/clock.h"

namespace mab::assignment {

enum class CallAccess {
  kPublic,    // anybody who reaches the process
  kInternal,  // our own services, by the metadata `mab-internal-secret`
  kCaller,    // these, and whoever shows an API key with the scope ASSIGN
};

struct CallAccessRow {
  // Service and RPC: "mab.v1.AssignmentService/Assign".
  absl::string_view method;
  CallAccess access;
};

absl::Span<const CallAccessRow> CallAccessTable();

// Who was let in.
struct CallSource {
  // One of our own services: what it says of its own callers is believed.
  bool internal = false;
  // Null where no key was shown.
  CallerKeyPtr key;

  // What is `said` of the caller, as far as it holds for him. A server asks for all of its visitors
  // from one address: its rate is no sign of a machine. A server's is a key that is not
  // publishable, shown by no page.
  Caller Believe(Caller said) const;
};

class CallAuthorizer {
 public:
  // Nothing is owned; all outlive this. An empty secret opens nothing.
  CallAuthorizer(std::string internal_secret, const SnapshotHolder* snapshots, const Clock* clock)
      : internal_secret_(std::move(internal_secret)), snapshots_(snapshots), clock_(clock) {}

  // UNAUTHENTICATED: neither the secret nor a key that is known, good and has the scope.
  // PERMISSION_DENIED: the method is not in the table. UNAVAILABLE: no key is known yet, for want
  // of a snapshot.
  absl::StatusOr<CallSource> Authorize(const grpc::ServerContextBase& context,
                                       absl::string_view method) const;
  // Whether the key that opened a stream would open it now.
  bool StillOpens(const CallerKey& key) const;

 private:
  // Of a refusal: `expired` is the key that was shown, where that is known and has expired.
  absl::StatusOr<CallSource> Find(const grpc::ServerContextBase& context, absl::string_view method,
                                  CallerKeyPtr* expired) const;
  absl::StatusOr<CallSource> FindCaller(const grpc::ServerContextBase& context,
                                        CallerKeyPtr* expired) const;

  const std::string internal_secret_;
  const SnapshotHolder* const snapshots_;
  const Clock* const clock_;
};

// Of a stream whose key is good no more.
absl::Status CallerKeyGoneError();

}  // namespace mab::assignment
