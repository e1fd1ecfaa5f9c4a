#include "admin/own_sessions.h"

#include <algorithm>
#include <optional>

#include "admin/account_audit.h"
#include "admin/session.h"
#include "common/error.h"
#include "common/status_macros.h"
#include "storage/account_store.h"

namespace mab::admin {
namespace {

using storage::AccountStore;
using storage::LiveFamily;
using storage::RefreshTokenStore;

absl::Status SessionNotFound() {
  return NotFoundError(kReasonSessionNotFound, "you have no such session");
}

}  // namespace

absl::StatusOr<std::vector<LiveFamily>> OwnSessions::List(const Caller& caller) {
  absl::StatusOr<std::vector<LiveFamily>> sessions;
  MAB_RETURN_IF_ERROR(pool_->Transaction([&](PgConnection& db) {
    sessions =
        RefreshTokenStore::ListLive(db, caller.account_id, clock_->Now(), Sessions::kSessionsMax);
    return sessions.status();
  }));
  return sessions;
}

absl::StatusOr<int64_t> OwnSessions::End(const Caller& caller, absl::string_view current_password,
                                         absl::string_view id) {
  std::optional<Uuid> session;
  if (!id.empty()) {
    const absl::StatusOr<Uuid> parsed = Uuid::Parse(id);
    if (!parsed.ok()) return SessionNotFound();
    session = *parsed;
  }
  MAB_RETURN_IF_ERROR(own_password_->Confirm(caller, current_password));
  int64_t ended = 0;
  MAB_RETURN_IF_ERROR(pool_->Transaction([&](PgConnection& db) -> absl::Status {
    const absl::Time now = clock_->Now();
    // A sign-in that is under way is either seen here, or comes after.
    MAB_ASSIGN_OR_RETURN(const std::optional<storage::Account> account,
                         AccountStore::FindByIdForUpdate(db, caller.account_id));
    if (!account.has_value()) return SessionNotFound();
    MAB_ASSIGN_OR_RETURN(
        const std::vector<LiveFamily> live,
        RefreshTokenStore::ListLive(db, caller.account_id, now, Sessions::kSessionsMax));
    ended = std::ranges::count_if(live, [&](const LiveFamily& family) {
      return session.has_value() ? family.family_id == *session
                                 : family.family_id != caller.session_id;
    });
    if (!session.has_value()) {
      MAB_RETURN_IF_ERROR(
          RefreshTokenStore::RevokeAccount(db, caller.account_id, caller.session_id, now));
    } else if (ended == 0) {
      return SessionNotFound();
    } else {
      MAB_RETURN_IF_ERROR(RefreshTokenStore::RevokeFamily(db, *session, now).status());
    }
    return AppendAccountAudit(db, now, caller.AsActor(), "end_own_sessions", &*account, *account);
  }));
  return ended;
}

}  // namespace mab::admin
