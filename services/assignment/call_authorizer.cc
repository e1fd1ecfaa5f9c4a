#include "assignment/call_authorizer.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/api_key.h"
#include "common/error.h"
#include "common/log.h"
#include "common/log_throttle.h"
#include "common/rpc_metadata.h"
#include "common/status_macros.h"

namespace mab::assignment {
namespace {

// The methods that are called most come first.
constexpr CallAccessRow kTable[] = {
    {"mab.v1.AssignmentService/Assign", CallAccess::kCaller},
    {"mab.v1.AssignmentService/Expose", CallAccess::kCaller},
    {"mab.v1.AssignmentService/Convert", CallAccess::kCaller},
    {"mab.v1.AssignmentService/BatchAssign", CallAccess::kCaller},
    {"mab.v1.AssignmentService/BatchExpose", CallAccess::kCaller},
    {"mab.v1.AssignmentService/AssignAll", CallAccess::kCaller},
    {"mab.v1.AssignmentService/StreamCalls", CallAccess::kCaller},

    {"mab.v1.ErasureService/EraseUser", CallAccess::kInternal},
    {"mab.v1.ErasureService/GetErasureProgress", CallAccess::kInternal},

    // What /health shows to anybody.
    {"mab.v1.SystemService/GetStatus", CallAccess::kPublic},
};

absl::Status NoSuchKey() {
  return UnauthenticatedError(
      "the API key is unknown, expired or revoked, or lacks the scope ASSIGN");
}

// `key`: the one that was shown and has expired; null: a stranger's.
void LogRefusal(const grpc::ServerContextBase& context, absl::string_view method,
                const CallerKey* key, const absl::Status& status) {
  static constinit CallerLogThrottle throttle;
  const std::optional<int64_t> omitted = throttle.Admit(key != nullptr);
  if (!omitted.has_value()) return;
  MAB_LOG(kWarning, "a call was refused",
          {{"method", method},
           {"caller", key != nullptr ? absl::StrCat("API key ", key->id().ToString()) : ""},
           {"error", status},
           {"address", context.peer()},
           {"omitted", *omitted}});
}

}  // namespace

absl::Span<const CallAccessRow> CallAccessTable() { return kTable; }

Caller CallSource::Believe(Caller said) const {
  const bool of_server = key != nullptr && !key->settings().publishable && said.origin.empty();
  if (of_server && said.bot == BotSign::kRate) said.bot = BotSign::kNone;
  return said;
}

absl::Status CallerKeyGoneError() { return NoSuchKey(); }

absl::StatusOr<CallSource> CallAuthorizer::Authorize(const grpc::ServerContextBase& context,
                                                     absl::string_view method) const {
  CallerKeyPtr expired;
  absl::StatusOr<CallSource> source = Find(context, method, &expired);
  if (!source.ok()) LogRefusal(context, method, expired.get(), source.status());
  return source;
}

absl::StatusOr<CallSource> CallAuthorizer::Find(const grpc::ServerContextBase& context,
                                                absl::string_view method,
                                                CallerKeyPtr* expired) const {
  const auto* const row = std::find_if(std::begin(kTable), std::end(kTable),
                                       [&](const auto& one) { return one.method == method; });
  if (row == std::end(kTable)) return PermissionDeniedError("nobody may call this method");
  switch (row->access) {
    case CallAccess::kPublic:
      return CallSource();
    case CallAccess::kInternal:
      MAB_RETURN_IF_ERROR(CheckInternalSecret(context, internal_secret_));
      return CallSource{.internal = true, .key = nullptr};
    case CallAccess::kCaller:
      return FindCaller(context, expired);
  }
  std::abort();
}

absl::StatusOr<CallSource> CallAuthorizer::FindCaller(const grpc::ServerContextBase& context,
                                                      CallerKeyPtr* expired) const {
  if (CheckInternalSecret(context, internal_secret_).ok()) {
    return CallSource{.internal = true, .key = nullptr};
  }
  const std::optional<std::string> token = BearerToken(context);
  if (!token.has_value()) {
    return UnauthenticatedError(
        "show an API key with the scope ASSIGN: authorization: Bearer mab_…");
  }
  const std::optional<std::string> hash = HashApiKeySecret(*token);
  if (!hash.has_value()) return NoSuchKey();
  const std::shared_ptr<const Snapshot> snapshot = snapshots_->Get();
  if (snapshot == nullptr) {
    return UnavailableError(kReasonUnavailable, "no API key is known yet; try again");
  }
  if (snapshot->caller_keys == nullptr) return NoSuchKey();
  const absl::Time now = clock_->Now();
  CallerKeyPtr key = snapshot->caller_keys->Find(*hash);
  if (key == nullptr) return NoSuchKey();
  if (!key->GoodAt(now)) {
    *expired = std::move(key);
    return NoSuchKey();
  }
  key->NoteUse(now);
  return CallSource{.internal = false, .key = std::move(key)};
}

bool CallAuthorizer::StillOpens(const CallerKey& key) const {
  const std::shared_ptr<const Snapshot> snapshot = snapshots_->Get();
  return snapshot != nullptr && snapshot->caller_keys != nullptr &&
         snapshot->caller_keys->FindGood(key.secret_hash(), clock_->Now()) != nullptr;
}

}  // namespace mab::assignment
