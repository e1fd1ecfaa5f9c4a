#include "admin/access_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "admin/parts.h"
#include "admin/password.h"
#include "admin/testing/test_server.h"
#include "common/api_key.h"
#include "common/rpc_status.h"
#include "common/testing/generic_calls.h"
#include "storage/account_store.h"
#include "storage/testing/migrated_database.h"

namespace mab::admin {
namespace {

using ::testing::UnorderedElementsAreArray;

const std::string kInternalSecret(32, 'i');

Options MakeOptions(const std::string& database_url) {
  Options options;
  options.database_url = database_url;
  options.internal_secret = kInternalSecret;
  options.jwt_secret = std::string(32, 'j');
  return options;
}

// All services of the process, as it serves them.
class AccessPostgresTest : public ::testing::Test {
 protected:
  // What a caller brings along.
  struct Credentials {
    std::string name;
    std::string authorization;
    std::string internal_secret;
  };

  std::vector<std::string> ServedMethods() { return MethodsOf(server_.service_names()); }
  grpc::StatusCode Call(const std::string& method, const Credentials& credentials) {
    CallMetadata metadata;
    if (!credentials.authorization.empty()) {
      metadata.emplace_back("authorization", credentials.authorization);
    }
    if (!credentials.internal_secret.empty()) {
      metadata.emplace_back("mab-internal-secret", credentials.internal_secret);
    }
    return CallEmpty(stub_, method, metadata,
                     method == kStream ? absl::Milliseconds(500) : absl::Seconds(30));
  }

  storage::Account NewAccount(Role role) {
    const storage::Account account{.id = AccountId{Uuid::NewV7(clock_.Now())},
                                   .email = absl::StrCat(storage::RoleName(role), "@example.com"),
                                   .role = role,
                                   .password_hash = "$2b$10$x",
                                   .disabled = false,
                                   .create_time = clock_.Now(),
                                   .update_time = clock_.Now()};
    EXPECT_TRUE(pool_
                    .Transaction([&](PgConnection& db) {
                      return storage::AccountStore::Insert(db, account);
                    })
                    .ok());
    return account;
  }

  // In a session of its own.
  Credentials SignedIn(const storage::Account& account) {
    return {.name = std::string(storage::RoleName(account.role)),
            .authorization =
                "Bearer " + parts_.sessions.Open(account, std::nullopt).value().access_token,
            .internal_secret = ""};
  }

  // A caller with a new key.
  Credentials WithKey(const std::string& name, const storage::ApiKeyScopes& scopes,
                      const std::optional<absl::Time>& expire_time = std::nullopt) {
    ApiKeyRequest request;
    request.name = name;
    request.scopes = scopes;
    request.expire_time = expire_time;
    const IssuedApiKey issued = parts_.api_keys.Create(Caller(), request).value();
    keys_[name] = issued.key.id;
    return {.name = name, .authorization = "Bearer " + issued.secret, .internal_secret = ""};
  }

  static constexpr char kStream[] = "mab.v1.SnapshotService/WatchSnapshots";

  storage::MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
  SystemClock clock_;
  Metrics metrics_;
  const storage::UserKey user_key_{std::string(16, 'k')};
  std::unique_ptr<PasswordHasher> hasher_ =
      PasswordHasher::Create({.bcrypt_cost = kBcryptCostMin}).value();
  Parts parts_{MakeOptions(database_.url()), clock_, metrics_, &pool_, hasher_.get()};
  Services services_{"1.2.3", clock_, metrics_, &pool_, user_key_, parts_};
  std::map<std::string, ApiKeyId> keys_;
  TestServer server_{services_.all()};
  grpc::GenericStub stub_{server_.channel()};
  const std::vector<Credentials> nobody_ = {
      {"no token", "", ""},
      {"an empty token", "Bearer ", ""},
      {"a garbage token", "Bearer made.up.token", ""},
      {"another scheme", "Basic YWRhOnBhc3N3b3Jk", ""},
      {"a wrong internal secret", "", std::string(32, 'x')},
  };
  const Credentials ours_ = {"the internal secret", "", kInternalSecret};
};

TEST(AccessTableTest, HasEachMethodOnce) {
  absl::flat_hash_set<absl::string_view> methods;
  for (const AccessRow& row : AccessTable()) {
    EXPECT_TRUE(methods.insert(row.method).second) << row.method;
    ASSERT_TRUE(AccessOf(row.method).has_value());
    EXPECT_EQ(AccessOf(row.method)->access, row.access);
  }
  EXPECT_FALSE(AccessOf("").has_value());
  EXPECT_FALSE(AccessOf("mab.v1.AccountService").has_value());
  EXPECT_FALSE(AccessOf("/mab.v1.AccountService/Login").has_value());
  EXPECT_FALSE(AccessOf("mab.v1.AccountService/DropEverything").has_value());
}

TEST_F(AccessPostgresTest, TheTableHasExactlyTheRpcsThatAreServed) {
  std::vector<std::string> rows;
  for (const AccessRow& row : AccessTable()) rows.emplace_back(row.method);
  EXPECT_THAT(rows, UnorderedElementsAreArray(ServedMethods()));
}

TEST_F(AccessPostgresTest, EveryRpcLetsInWhomTheTableSaysAndNobodyElse) {
  std::vector<Credentials> callers = nobody_;
  callers.push_back(ours_);
  const std::vector<storage::Account> accounts = {
      NewAccount(Role::kViewer), NewAccount(Role::kEditor), NewAccount(Role::kAdmin)};
  for (const std::string& method : ServedMethods()) {
    const std::optional<AccessRow> row = AccessOf(method);
    ASSERT_TRUE(row.has_value()) << method;
    const Access access = row->access;
    const grpc::StatusCode stranger = Call(method, nobody_[0]);
    for (const Credentials& caller : callers) {
      SCOPED_TRACE(absl::StrCat(method, " with ", caller.name));
      const grpc::StatusCode code = Call(method, caller);
      if (access == Access::kPublic) {
        EXPECT_EQ(code, stranger);
        EXPECT_NE(code, grpc::StatusCode::PERMISSION_DENIED);
      } else if (access == Access::kInternal && caller.name == ours_.name) {
        EXPECT_NE(code, grpc::StatusCode::UNAUTHENTICATED);
      } else {
        EXPECT_EQ(code, grpc::StatusCode::UNAUTHENTICATED);
      }
    }
    for (const storage::Account& account : accounts) {
      const Role role = account.role;
      const Credentials caller = SignedIn(account);
      SCOPED_TRACE(absl::StrCat(method, " as ", caller.name));
      const grpc::StatusCode code = Call(method, caller);
      if (access == Access::kPublic) {
        EXPECT_EQ(code, stranger);
      } else if (access == Access::kInternal) {
        EXPECT_EQ(code, grpc::StatusCode::UNAUTHENTICATED);
      } else {
        const Role least = access == Access::kViewer   ? Role::kViewer
                           : access == Access::kEditor ? Role::kEditor
                                                       : Role::kAdmin;
        EXPECT_EQ(code == grpc::StatusCode::PERMISSION_DENIED, role < least) << code;
        EXPECT_NE(code, grpc::StatusCode::UNAUTHENTICATED);
      }
    }
  }
}

TEST(AccessTableTest, NoKeyDoesWhatIsForAdministratorsOrAPersonsOwn) {
  for (const AccessRow& row : AccessTable()) {
    SCOPED_TRACE(row.method);
    if (row.access == Access::kViewer || row.access == Access::kEditor) {
      const bool own = absl::StartsWith(row.method, "mab.v1.AccountService/") ||
                       absl::StartsWith(row.method, "mab.v1.SessionService/");
      EXPECT_EQ(row.key_scope, own                             ? KeyScope::kNone
                               : row.access == Access::kViewer ? KeyScope::kRead
                                                               : KeyScope::kWrite);
    } else {
      EXPECT_EQ(row.key_scope, KeyScope::kNone);
    }
  }
}

TEST_F(AccessPostgresTest, EveryRpcLetsInTheKeysThatItsRowSays) {
  const std::vector<std::pair<storage::ApiKeyScopes, Credentials>> keys = {
      {{.read = true}, WithKey("READ", {.read = true})},
      {{.write = true}, WithKey("WRITE", {.write = true})},
      {{.assign = true}, WithKey("ASSIGN", {.assign = true})},
      {{true, true, true}, WithKey("all", {true, true, true})}};
  for (const std::string& method : ServedMethods()) {
    const AccessRow row = AccessOf(method).value();
    const grpc::StatusCode stranger = Call(method, nobody_[0]);
    for (const auto& [scopes, caller] : keys) {
      SCOPED_TRACE(absl::StrCat(method, " with the key ", caller.name));
      const grpc::StatusCode code = Call(method, caller);
      if (row.access == Access::kPublic) {
        EXPECT_EQ(code, stranger);
      } else if (row.access == Access::kInternal) {
        EXPECT_EQ(code, grpc::StatusCode::UNAUTHENTICATED);
      } else {
        const bool let_in = (row.key_scope == KeyScope::kRead && (scopes.read || scopes.write)) ||
                            (row.key_scope == KeyScope::kWrite && scopes.write);
        EXPECT_EQ(code != grpc::StatusCode::PERMISSION_DENIED, let_in) << code;
        EXPECT_NE(code, grpc::StatusCode::UNAUTHENTICATED);
      }
    }
  }
}

TEST_F(AccessPostgresTest, AKeyThatIsNotGoodOpensNothing) {
  const storage::ApiKeyScopes all{true, true, true};
  Credentials revoked = WithKey("revoked", all);
  ASSERT_TRUE(parts_.api_keys.Revoke(Caller(), keys_["revoked"]).ok());
  const Credentials expired = WithKey("expired", all, clock_.Now() + absl::Hours(1));
  ASSERT_TRUE(pool_
                  .Execute("UPDATE mab.api_keys SET expire_time = now() - interval '1 second' "
                           "WHERE id = $1",
                           {keys_["expired"]})
                  .ok());
  const Credentials good = WithKey("good", all);
  const std::string& secret = good.authorization;
  const std::string last = secret.back() == 'A' ? "B" : "A";
  const std::vector<Credentials> callers = {
      revoked,
      expired,
      {"an unknown key", "Bearer " + NewApiKeySecret(), ""},
      {"a prefix", "Bearer mab_", ""},
      {"a truncated key", secret.substr(0, secret.size() - 1), ""},
      {"a longer key", secret + "A", ""},
      {"another last character", secret.substr(0, secret.size() - 1) + last, ""},
      {"a key as the internal secret", "", secret.substr(7)},
      {"a key in another scheme", "Basic " + secret.substr(7), ""},
      {"two keys", secret + ", " + secret, ""},
      {"a padded key", secret + "=", ""}};
  for (const std::string& method : ServedMethods()) {
    if (AccessOf(method)->access == Access::kPublic) continue;
    for (const Credentials& caller : callers) {
      EXPECT_EQ(Call(method, caller), grpc::StatusCode::UNAUTHENTICATED)
          << method << " with " << caller.name;
    }
  }
  EXPECT_EQ(Call("mab.v1.ExperimentService/ListExperiments", good), grpc::StatusCode::OK);
}

// A handler whose method is in no row.
class Unlisted final : public mab::v1::SystemService::Service {
 public:
  explicit Unlisted(const Authorizer& authorizer) : authorizer_(authorizer) {}
  grpc::Status GetStatus(grpc::ServerContext* context, const mab::v1::GetStatusRequest*,
                         mab::v1::GetStatusResponse*) override {
    return ToGrpcStatus(
        authorizer_.Authorize(*context, "mab.v1.SystemService/DropEverything").status());
  }

 private:
  const Authorizer& authorizer_;
};

TEST_F(AccessPostgresTest, RefusesAMethodThatIsNotInTheTable) {
  Unlisted service(parts_.authorizer);
  TestServer server({&service});
  grpc::ClientContext context;
  context.AddMetadata("authorization", SignedIn(NewAccount(Role::kAdmin)).authorization);
  context.AddMetadata("mab-internal-secret", kInternalSecret);
  mab::v1::GetStatusResponse response;
  const grpc::Status status =
      mab::v1::SystemService::NewStub(server.channel())->GetStatus(&context, {}, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

}  // namespace
}  // namespace mab::admin
