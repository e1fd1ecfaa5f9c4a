#include "admin/security_log.h"

#include <cstdint>

#include "common/log.h"
#include "common/log_throttle.h"

namespace mab::admin {

void LogSignIn(AccountId account_id, const std::optional<std::string>& address) {
  static constinit CallerLogThrottle throttle;
  const std::optional<int64_t> omitted = throttle.Admit(true);
  if (!omitted.has_value()) return;
  MAB_LOG(kInfo, "signed in",
          {{"account_id", account_id.ToString()},
           {"address", address.value_or("")},
           {"omitted", *omitted}});
}

void LogFailedSignIn(const std::optional<AccountId>& account_id,
                     const std::optional<std::string>& address) {
  static constinit CallerLogThrottle throttle;
  const std::optional<int64_t> omitted = throttle.Admit(account_id.has_value());
  if (!omitted.has_value()) return;
  MAB_LOG(kWarning, "a sign-in failed",
          {{"account_id", account_id.has_value() ? account_id->ToString() : std::string()},
           {"address", address.value_or("")},
           {"omitted", *omitted}});
}

void LogDelayedSignIn(const std::optional<std::string>& address) {
  static constinit CallerLogThrottle throttle;
  const std::optional<int64_t> omitted = throttle.Admit(false);
  if (!omitted.has_value()) return;
  MAB_LOG(kWarning, "a sign-in was delayed: there were too many wrong passwords",
          {{"address", address.value_or("")}, {"omitted", *omitted}});
}

void LogReusedToken(AccountId account_id, const std::optional<std::string>& address) {
  static constinit CallerLogThrottle throttle;
  const std::optional<int64_t> omitted = throttle.Admit(true);
  if (!omitted.has_value()) return;
  MAB_LOG(kWarning, "a refresh token was used twice: its session ends",
          {{"account_id", account_id.ToString()},
           {"address", address.value_or("")},
           {"omitted", *omitted}});
}

void LogRefusedCall(absl::string_view method, absl::string_view caller, const absl::Status& status,
                    const std::optional<std::string>& address) {
  static constinit CallerLogThrottle throttle;
  const std::optional<int64_t> omitted = throttle.Admit(!caller.empty());
  if (!omitted.has_value()) return;
  MAB_LOG(kWarning, "a call was refused",
          {{"method", method},
           {"caller", caller},
           {"error", status},
           {"address", address.value_or("")},
           {"omitted", *omitted}});
}

}  // namespace mab::admin
