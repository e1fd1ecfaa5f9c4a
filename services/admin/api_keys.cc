#include "admin/api_keys.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "admin/api_key_audit.h"
#include "admin/experiment_text.h"
#include "admin/page_token.h"
#include "common/api_key.h"
#include "common/status_macros.h"
#include "storage/api_key_store.h"

namespace mab::admin {
namespace {

using storage::ApiKey;
using storage::ApiKeyStore;

// What a page token is of.
constexpr char kListed[] = "api keys";

absl::Status KeyNotFound() {
  return NotFoundError(kReasonApiKeyNotFound, "there is no such API key");
}

absl::Status CheckRequest(const ApiKeyRequest& request, absl::Time now) {
  Violations violations = request.violations;
  CheckName("name", request.name, ApiKeys::kNameCharactersMax, violations);
  if (request.expire_time.has_value() && (*request.expire_time < now + ApiKeys::kLifetimeMin ||
                                          *request.expire_time > now + ApiKeys::kLifetimeMax)) {
    violations.Add(
        "expire_time",
        absl::StrCat("must be ", absl::ToInt64Seconds(ApiKeys::kLifetimeMin), " seconds to ",
                     absl::ToInt64Hours(ApiKeys::kLifetimeMax) / 24, " days ahead"));
  }
  if (request.bulk_exposes && !request.scopes.assign) {
    violations.Add("bulk_exposes", "must be false without the scope ASSIGN");
  }
  if (request.publishable && request.scopes != storage::ApiKeyScopes{.assign = true}) {
    violations.Add("publishable", "must be false with other scopes than ASSIGN, or none");
  }
  return violations.ToStatus();
}

}  // namespace

absl::Time ApiKeys::Now() const { return NowMicros(*clock_); }

absl::StatusOr<ApiKeyPage> ApiKeys::List(uint32_t page_size, absl::string_view page_token) {
  MAB_ASSIGN_OR_RETURN(const int size, ParsePageSize(page_size));
  std::optional<ApiKeyId> before;
  if (!page_token.empty()) {
    MAB_ASSIGN_OR_RETURN(const Uuid id, ParseIdPageToken(kListed, "the list", page_token));
    before = ApiKeyId{id};
  }
  ApiKeyPage page;
  MAB_RETURN_IF_ERROR(pool_->ReadTransaction([&](PgConnection& db) -> absl::Status {
    // One more tells whether there is another page.
    MAB_ASSIGN_OR_RETURN(page.keys, ApiKeyStore::List(db, before, size + 1));
    return absl::OkStatus();
  }));
  if (static_cast<int>(page.keys.size()) > size) {
    page.keys.pop_back();
    page.next_page_token = MakeIdPageToken(kListed, page.keys.back().id.uuid);
  }
  return page;
}

absl::StatusOr<ApiKey> ApiKeys::Get(ApiKeyId id) {
  std::optional<ApiKey> key;
  MAB_RETURN_IF_ERROR(pool_->ReadTransaction([&](PgConnection& db) -> absl::Status {
    MAB_ASSIGN_OR_RETURN(key, ApiKeyStore::Find(db, id));
    return absl::OkStatus();
  }));
  if (!key.has_value()) return KeyNotFound();
  return *std::move(key);
}

absl::StatusOr<IssuedApiKey> ApiKeys::Create(const Caller& actor, const ApiKeyRequest& request) {
  const absl::Time now = Now();
  MAB_RETURN_IF_ERROR(CheckRequest(request, now));
  IssuedApiKey issued{.key = {}, .secret = NewApiKeySecret()};
  issued.key = ApiKey{.id = ApiKeyId{Uuid::NewV7(now)},
                      .name = request.name,
                      .hint = issued.secret.substr(0, kApiKeyHintLength),
                      .secret_hash = HashApiKeySecret(issued.secret).value(),
                      .scopes = request.scopes,
                      .create_time = now,
                      .created_by = actor.account_id,
                      .created_by_email = actor.email,
                      .expire_time = request.expire_time,
                      .last_use_time = std::nullopt,
                      .revoke_time = std::nullopt,
                      .bulk_exposes = request.bulk_exposes,
                      .publishable = request.publishable};
  MAB_RETURN_IF_ERROR(pool_->Transaction([&](PgConnection& db) -> absl::Status {
    MAB_RETURN_IF_ERROR(ApiKeyStore::LockForInsert(db));
    MAB_ASSIGN_OR_RETURN(const int64_t active, ApiKeyStore::CountActive(db, now));
    if (active >= kActiveMax) {
      return FailedPreconditionError(
          kReasonFailedPrecondition,
          absl::StrCat(kActiveMax, " API keys are active: that is as many as there may be"));
    }
    MAB_RETURN_IF_ERROR(ApiKeyStore::Insert(db, issued.key));
    return AppendApiKeyAudit(db, now, actor.AsActor(), "create", nullptr, issued.key);
  }));
  on_change_();
  return issued;
}

absl::StatusOr<ApiKey> ApiKeys::Revoke(const Caller& actor, ApiKeyId id) {
  ApiKey after;
  MAB_RETURN_IF_ERROR(pool_->Transaction([&](PgConnection& db) -> absl::Status {
    MAB_ASSIGN_OR_RETURN(const std::optional<ApiKey> before, ApiKeyStore::FindForUpdate(db, id));
    if (!before.has_value()) return KeyNotFound();
    after = *before;
    if (before->revoke_time.has_value()) return absl::OkStatus();
    // Read after the lock was had.
    const absl::Time now = Now();
    after.revoke_time = now;
    MAB_RETURN_IF_ERROR(ApiKeyStore::SetRevokeTime(db, id, now));
    return AppendApiKeyAudit(db, now, actor.AsActor(), "revoke", &*before, after);
  }));
  on_change_();
  return after;
}

}  // namespace mab::admin
