// What happens at the doors, in the log: who signed in, who failed to, who was refused a call, and
// from which address. Never a password, a token, a key or the e-mail address that was tried (people
// type passwords there). What was changed is in the audit log.
//
// Each kind of line is written at most ten times a second (common/log_throttle.h), those about an
// account or a key apart from those about strangers; `omitted` says how many were not, before this
// one.
//
// Thread-safe.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/uuid.h"

namespace mab::admin {

// `address` is the client's, where it is known.
void LogSignIn(AccountId account_id, const std::optional<std::string>& address);
// `account_id` where the account exists: the password was wrong, or it is disabled.
void LogFailedSignIn(const std::optional<AccountId>& account_id,
                     const std::optional<std::string>& address);
// A password that was not looked at, for there were too many before.
void LogDelayedSignIn(const std::optional<std::string>& address);
// A refresh token that was used before: its session has ended, for it was stolen or copied.
void LogReusedToken(AccountId account_id, const std::optional<std::string>& address);
// `caller` is the account or the API key that may not, where that is known; `method` is
// "mab.v1.ExperimentService/GetExperiment".
void LogRefusedCall(absl::string_view method, absl::string_view caller, const absl::Status& status,
                    const std::optional<std::string>& address);

}  // namespace mab::admin
