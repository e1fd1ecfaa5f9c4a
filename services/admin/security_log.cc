#include "admin/security_log.h"

#include <chrono>
#include <cstdint>

#include "common/log.h"
#include "common/log_throttle.h"

namespace mab::admin {
namespace {

constexpr int64_t kLinesPerSecond = 10;

// Of one kind of line. Strangers can't hide what is said of those who are known.
struct Throttles {
  LogThrottle known{kLinesPerSecond};
  LogThrottle strangers{kLinesPerSecond};

  std::optional<int64_t> Admit(bool is_known) {
    return (is_known ? known : strangers).Admit(std::chrono::steady_clock::now());
  }
};

}  // namespace

void LogSignIn(AccountId account_id, const std::optional<std::string>& address) {
  static constinit Throttles throttles;
  const std::optional<int64_t> omitted = throttles.Admit(true);
  if (!omitted.has_value()) return;
  MAB_LOG(kInfo, "signed in",
          {{"account_id", account_id.ToString()},
           {"address", address.value_or("")},
           {"omitted", *omitted}});
}

void LogFailedSignIn(const std::optional<AccountId>& account_id,
                     const std::optional<std::string>& address) {
  static constinit Throttles throttles;
  const std::optional<int64_t> omitted = throttles.Admit(account_id.has_value());
  if (!omitted.has_value()) return;
  MAB_LOG(kWarning, "a sign-in failed",
          {{"account_id", account_id.has_value() ? account_id->ToString() : std::string()},
           {"address", address.value_or("")},
           {"omitted", *omitted}});
}

void LogDelayedSignIn(const std::optional<std::string>& address) {
  static constinit Throttles throttles;
  const std::optional<int64_t> omitted = throttles.Admit(false);
  if (!omitted.has_value()) return;
  MAB_LOG(kWarning, "a sign-in was delayed: there were too many wrong passwords",
          {{"address", address.value_or("")}, {"omitted", *omitted}});
}

void LogReusedToken(AccountId account_id, const std::optional<std::string>& address) {
  static constinit Throttles throttles;
  const std::optional<int64_t> omitted = throttles.Admit(true);
  if (!omitted.has_value()) return;
  MAB_LOG(kWarning, "a refresh token was used twice: its session ends",
          {{"account_id", account_id.ToString()},
           {"address", address.value_or("")},
           {"omitted", *omitted}});
}

void LogRefusedCall(absl::string_view method, absl::string_view caller, const absl::Status& status,
                    const std::optional<std::string>& address) {
  static constinit Throttles throttles;
  const std::optional<int64_t> omitted = throttles.Admit(!caller.empty());
  if (!omitted.has_value()) return;
  MAB_LOG(kWarning, "a call was refused",
          {{"method", method},
           {"caller", caller},
           {"error", status},
           {"address", address.value_or("")},
           {"omitted", *omitted}});
}

}  // namespace mab::admin
