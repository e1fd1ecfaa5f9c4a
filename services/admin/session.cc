#include "admin/session.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "admin/credentials.h"
#include "admin/security_log.h"
#include "common/error.h"
#include "common/ip_address.h"
#include "common/secret.h"
#include "common/status_macros.h"
#include "storage/account_store.h"
#include "storage/refresh_token_store.h"

namespace mab::admin {
namespace {

using storage::Account;
using storage::AccountStore;
using storage::RefreshToken;
using storage::RefreshTokenStore;

// RandomToken makes 43 characters; a longer text is none of ours, and is not hashed.
constexpr size_t kRefreshTokenBytesMax = 64;
// Expired tokens go as sessions come: this many a sign-in.
constexpr int kExpiredPerLogin = 1000;

absl::Status SessionEnded() { return UnauthenticatedError("the session has ended: sign in again"); }

}  // namespace

Sessions::Sessions(PgPool* pool, PasswordHasher* hasher, LoginDelays* delays,
                   const AccessTokens* tokens, const Clock* clock)
    : pool_(pool), hasher_(hasher), delays_(delays), tokens_(tokens), clock_(clock) {}

absl::StatusOr<Session> Sessions::Login(absl::string_view email, absl::string_view password,
                                        const std::optional<std::string>& address) {
  Violations violations;
  CheckLoginSizes(email, password, violations);
  MAB_RETURN_IF_ERROR(violations.ToStatus());

  absl::StatusOr<LoginDelays::Attempt> attempt = delays_->Begin(email, address);
  if (!attempt.ok()) {
    LogDelayedSignIn(address);
    return attempt.status();
  }
  absl::StatusOr<Account> account = Authenticate(email, password, address, attempt->known());
  if (account.ok()) {
    attempt->Succeeded();
    MAB_ASSIGN_OR_RETURN(const Account rehashed, Rehash(password, *std::move(account), address));
    return Open(rehashed, address);
  }
  if (!absl::IsUnauthenticated(account.status())) attempt->Withdraw();
  return account.status();
}

absl::StatusOr<Account> Sessions::Authenticate(absl::string_view email, absl::string_view password,
                                               const std::optional<std::string>& address,
                                               bool known) {
  std::optional<Account> account;
  if (IsEmail(email)) {
    MAB_RETURN_IF_ERROR(pool_->Transaction([&](PgConnection& db) -> absl::Status {
      MAB_ASSIGN_OR_RETURN(account, AccountStore::FindByEmail(db, NormalizeEmail(email)));
      if (known || !address.has_value()) return absl::OkStatus();
      // Asked of an account that is none as well: it takes the same time.
      MAB_ASSIGN_OR_RETURN(known,
                           HasSessionFrom(db, account ? account->id : AccountId(), *address));
      return absl::OkStatus();
    }));
  }
  // No connection is held while bcrypt works.
  const std::string hash = account.has_value() ? account->password_hash : std::string();
  MAB_ASSIGN_OR_RETURN(const bool fits,
                       hasher_->Verify(password, hash, known ? Place::kReserved : Place::kShared));
  if (!fits || account->disabled) {
    LogFailedSignIn(account.has_value() ? std::optional(account->id) : std::nullopt, address);
    return UnauthenticatedError("wrong e-mail address or password");
  }
  return *std::move(account);
}

absl::StatusOr<bool> Sessions::HasSessionFrom(PgConnection& db, AccountId id,
                                              absl::string_view address) const {
  MAB_ASSIGN_OR_RETURN(const std::vector<storage::LiveFamily> sessions,
                       RefreshTokenStore::ListLive(db, id, clock_->Now(), kSessionsMax));
  const std::string network = NetworkOf(address);
  return std::ranges::any_of(sessions, [&](const storage::LiveFamily& session) {
    return session.address.has_value() && NetworkOf(*session.address) == network;
  });
}

absl::StatusOr<Account> Sessions::Rehash(absl::string_view password, Account account,
                                         const std::optional<std::string>& address) {
  if (!hasher_->NeedsRehash(account.password_hash)) return account;
  absl::StatusOr<std::string> hash = hasher_->Hash(password, Place::kReserved);
  if (!hash.ok()) return account;  // the next sign-in tries again
  bool replaced = false;
  MAB_RETURN_IF_ERROR(pool_->Transaction([&](PgConnection& db) -> absl::Status {
    MAB_ASSIGN_OR_RETURN(
        replaced, AccountStore::ReplacePasswordHash(db, account.id, account.password_hash, *hash));
    return absl::OkStatus();
  }));
  // Another sign-in was first, or the password is another one now.
  if (!replaced) return Authenticate(account.email, password, address, true);
  account.password_hash = *std::move(hash);
  return account;
}

absl::StatusOr<Session> Sessions::Open(const Account& account,
                                       const std::optional<std::string>& address) {
  const absl::Time now = clock_->Now();
  absl::StatusOr<Session> session;
  MAB_RETURN_IF_ERROR(pool_->Transaction([&](PgConnection& db) -> absl::Status {
    // Whoever ends an account's sessions changes the account first. Under this lock he is either
    // seen here, or sees the new session.
    MAB_ASSIGN_OR_RETURN(const std::optional<Account> current,
                         AccountStore::FindByIdForUpdate(db, account.id));
    if (!current.has_value() || current->disabled ||
        current->password_hash != account.password_hash) {
      return SessionEnded();
    }
    MAB_RETURN_IF_ERROR(RefreshTokenStore::DeleteExpired(db, now, kExpiredPerLogin).status());
    session = OpenInFamily(db, *current, Uuid::NewV7(now), address);
    MAB_RETURN_IF_ERROR(session.status());
    return RefreshTokenStore::RevokeBeyond(db, account.id, now, kSessionsMax);
  }));
  delays_->Know(account.email, address);
  LogSignIn(account.id, address);
  return session;
}

absl::StatusOr<Session> Sessions::Refresh(absl::string_view refresh_token,
                                          const std::optional<std::string>& address) {
  if (refresh_token.size() > kRefreshTokenBytesMax) return SessionEnded();
  const std::string token_hash = HashToken(refresh_token);
  absl::StatusOr<Session> session;
  MAB_RETURN_IF_ERROR(pool_->Transaction([&](PgConnection& db) -> absl::Status {
    session = RefreshIn(db, token_hash, address);
    // A refusal is committed too: it may have ended the family.
    return absl::IsUnauthenticated(session.status()) ? absl::OkStatus() : session.status();
  }));
  return session;
}

absl::StatusOr<Session> Sessions::RefreshIn(PgConnection& db, absl::string_view token_hash,
                                            const std::optional<std::string>& address) const {
  const absl::Time now = clock_->Now();
  MAB_ASSIGN_OR_RETURN(const std::optional<RefreshToken> token,
                       RefreshTokenStore::FindForUpdate(db, token_hash));
  if (!token.has_value() || token->revoke_time.has_value() || token->expire_time <= now) {
    return SessionEnded();
  }
  if (token->use_time.has_value()) {
    MAB_ASSIGN_OR_RETURN(const bool lived,
                         RefreshTokenStore::RevokeFamily(db, token->family_id, now));
    if (lived) LogReusedToken(token->account_id, address);
    return SessionEnded();
  }
  MAB_ASSIGN_OR_RETURN(const std::optional<Account> account,
                       AccountStore::FindById(db, token->account_id));
  if (!account.has_value() || account->disabled) return SessionEnded();
  MAB_RETURN_IF_ERROR(RefreshTokenStore::MarkUsed(db, token_hash, now));
  return OpenInFamily(db, *account, token->family_id, address);
}

absl::Status Sessions::Logout(absl::string_view refresh_token) {
  if (refresh_token.size() > kRefreshTokenBytesMax) return absl::OkStatus();
  const std::string token_hash = HashToken(refresh_token);
  return pool_->Transaction([&](PgConnection& db) -> absl::Status {
    MAB_ASSIGN_OR_RETURN(const std::optional<RefreshToken> token,
                         RefreshTokenStore::FindForUpdate(db, token_hash));
    if (!token.has_value()) return absl::OkStatus();
    return RefreshTokenStore::RevokeFamily(db, token->family_id, clock_->Now()).status();
  });
}

absl::Status Sessions::LogoutByAccessToken(const std::string& access_token) {
  const absl::StatusOr<TokenSubject> subject = tokens_->Verify(access_token);
  if (!subject.ok() || subject->session_id.IsNil()) return absl::OkStatus();
  return pool_->Transaction([&](PgConnection& db) {
    return RefreshTokenStore::RevokeFamily(db, subject->session_id, clock_->Now()).status();
  });
}

absl::StatusOr<Session> Sessions::OpenInFamily(PgConnection& db, const Account& account,
                                               const Uuid& family_id,
                                               const std::optional<std::string>& address) const {
  const absl::Time now = clock_->Now();
  Session session;
  session.account = account;
  session.access_lifetime = AccessTokens::kLifetime;
  MAB_ASSIGN_OR_RETURN(session.access_token,
                       tokens_->Issue({.account_id = account.id, .session_id = family_id}));
  session.refresh_token = RandomToken();
  MAB_RETURN_IF_ERROR(RefreshTokenStore::Insert(
      db, RefreshToken{.token_hash = HashToken(session.refresh_token),
                       .family_id = family_id,
                       .account_id = account.id,
                       .create_time = now,
                       .expire_time =
                           std::min(now + kRefreshLifetime, family_id.V7Time() + kSessionLifetime),
                       .use_time = std::nullopt,
                       .revoke_time = std::nullopt,
                       .address = address}));
  return session;
}

}  // namespace mab::admin
