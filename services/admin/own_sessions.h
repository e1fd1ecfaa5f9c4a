// Where somebody is signed in, and how he signs out elsewhere.
//
// Errors: SESSION_NOT_FOUND, INVALID_ARGUMENT, RATE_LIMITED, OVERLOADED, UNAVAILABLE.
//
// Thread-safe; also between processes.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "admin/authorizer.h"
#include "admin/own_password.h"
#include "common/clock.h"
#include "common/postgres.h"
#include "storage/refresh_token_store.h"

namespace mab::admin {

class OwnSessions {
 public:
  // Nothing is owned; all outlive this.
  OwnSessions(PgPool* pool, OwnPassword* own_password, const Clock* clock)
      : pool_(pool), own_password_(own_password), clock_(clock) {}

  // Those that live, the one that was used last first: at most Sessions::kSessionsMax.
  absl::StatusOr<std::vector<storage::LiveFamily>> List(const Caller& caller);
  // Ends the session `id`, or all but the caller's where `id` is empty; how many there were. A
  // wrong `current_password` is INVALID_ARGUMENT, and delayed as those of sign-ins are.
  absl::StatusOr<int64_t> End(const Caller& caller, absl::string_view current_password,
                              absl::string_view id);

 private:
  PgPool* const pool_;
  OwnPassword* const own_password_;
  const Clock* const clock_;
};

}  // namespace mab::admin
