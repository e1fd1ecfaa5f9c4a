#include "admin/api_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "admin/testing/account_fixture.h"
#include "common/api_key.h"
#include "common/secret.h"

namespace mab::admin {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class ApiKeysPostgresTest : public AccountFixture {
 protected:
  static ApiKeyRequest Named(const std::string& name) {
    ApiKeyRequest request;
    request.name = name;
    request.scopes.read = true;
    return request;
  }
  IssuedApiKey Create(const ApiKeyRequest& request) {
    return keys_.Create(admin_, request).value();
  }
  // So many active keys, beside what is there.
  void Fill(int64_t count) {
    ASSERT_TRUE(pool_
                    .Execute("INSERT INTO mab.api_keys (id, name, hint, secret_hash, can_read, "
                             "can_write, can_assign, create_time) "
                             "SELECT gen_random_uuid(), 'k', 'mab_AbCd', "
                             "sha256(int4send(n)), true, false, false, $2 "
                             "FROM generate_series(1, $1::int) AS n",
                             {count, kNow})
                    .ok());
  }

  const storage::Account ada_ = Insert("ada@example.com", Role::kAdmin);
  const Caller admin_ = SignIn(ada_);
  ApiKeys keys_{&pool_, &clock_};
};

TEST_F(ApiKeysPostgresTest, TheSecretIsShownOnceAndKeptAsAHash) {
  ApiKeyRequest request = Named("ci");
  request.scopes = {.read = false, .write = true, .assign = true};
  request.expire_time = kNow + absl::Hours(1);
  const IssuedApiKey issued = Create(request);
  EXPECT_EQ(issued.secret.size(), 47u);
  EXPECT_EQ(issued.key.hint, issued.secret.substr(0, 8));
  EXPECT_EQ(issued.key.secret_hash, Sha256(issued.secret));
  const storage::ApiKey found = keys_.Get(issued.key.id).value();
  EXPECT_EQ(found.name, "ci");
  EXPECT_EQ(found.scopes, request.scopes);
  EXPECT_EQ(found.create_time, kNow);
  EXPECT_EQ(found.created_by_email, "ada@example.com");
  EXPECT_EQ(found.expire_time, request.expire_time);
  EXPECT_EQ(found.secret_hash, issued.key.secret_hash);
  const auto rows = pool_.Execute("SELECT api_keys::text AS row FROM mab.api_keys");
  EXPECT_THAT(std::string(rows->Text(0, "row")), Not(HasSubstr(issued.secret.substr(8))));
  EXPECT_THAT(Audit(), Each(Not(HasSubstr(issued.secret.substr(0, 8)))));
}

TEST_F(ApiKeysPostgresTest, TheAuditLogSaysWhoMadeAndRevokedIt) {
  ApiKeyRequest request = Named("It's \"ours\"");
  request.scopes = {true, true, true};
  request.expire_time = kNow + absl::Hours(1);
  request.bulk_exposes = true;
  const ApiKeyId id = Create(request).key.id;
  EXPECT_TRUE(keys_.Get(id)->bulk_exposes);
  ASSERT_TRUE(keys_.Revoke(admin_, id).ok());
  ASSERT_TRUE(keys_.Revoke(admin_, id).ok());  // is no change
  const std::string who = absl::StrCat(ada_.id.ToString(), " 203.0.113.4 api_key.");
  const auto side = [](const char* state) {
    return absl::StrCat(R"( {"name":"It's \"ours\"","scopes":["READ","WRITE","ASSIGN"],)",
                        R"("bulk_exposes":true,"publishable":false,"state":")", state,
                        R"(","expire_time":"2027-01-15T09:00:00+00:00"})");
  };
  EXPECT_THAT(Audit(), ElementsAre(absl::StrCat(who, "create ", id.ToString(), side("ACTIVE")),
                                   absl::StrCat(who, "revoke ", id.ToString(), side("ACTIVE"),
                                                side("REVOKED"))));
}

TEST_F(ApiKeysPostgresTest, APublishableKeySaysSo) {
  ApiKeyRequest request = Named("shop's pages");
  request.scopes = {.assign = true};
  request.publishable = true;
  EXPECT_TRUE(keys_.Get(Create(request).key.id)->publishable);
  EXPECT_THAT(Audit(), ElementsAre(HasSubstr(R"("publishable":true)")));
}

TEST_F(ApiKeysPostgresTest, ARevokedKeyStaysAsItIs) {
  const ApiKeyId id = Create(Named("k")).key.id;
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(keys_.Revoke(admin_, id)->revoke_time, kNow + absl::Hours(1));
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(keys_.Revoke(admin_, id)->revoke_time, kNow + absl::Hours(1));
  EXPECT_EQ(keys_.Get(id)->revoke_time, kNow + absl::Hours(1));
  EXPECT_EQ(ErrorReason(keys_.Revoke(admin_, ApiKeyId{Uuid::NewV7(kNow)}).status()),
            kReasonApiKeyNotFound);
  EXPECT_EQ(ErrorReason(keys_.Get(ApiKeyId{Uuid::NewV7(kNow)}).status()), kReasonApiKeyNotFound);
}

TEST_F(ApiKeysPostgresTest, NamesHaveOneToAHundredCharacters) {
  const auto field = [&](const std::string& name) -> std::string {
    const auto violations = ErrorViolations(keys_.Create(admin_, Named(name)).status());
    return violations.empty() ? "" : violations[0].field;
  };
  std::string hundred;
  for (int i = 0; i < 100; ++i) hundred += "ü";
  EXPECT_EQ(field("x"), "");
  EXPECT_EQ(field(hundred), "");
  for (const std::string& name :
       {std::string(), hundred + "x", std::string(" "), std::string("a\nb"), std::string("a\0b", 3),
        std::string("\xff"), std::string(1 << 20, 'x')}) {
    EXPECT_EQ(field(name), "name") << name.size();
  }
}

TEST_F(ApiKeysPostgresTest, AKeyExpiresInAMinuteToTenYears) {
  const auto field = [&](absl::Duration ahead) -> std::string {
    ApiKeyRequest request = Named("k");
    request.expire_time = kNow + ahead;
    const auto violations = ErrorViolations(keys_.Create(admin_, request).status());
    return violations.empty() ? "" : violations[0].field;
  };
  EXPECT_EQ(field(absl::Minutes(1)), "");
  EXPECT_EQ(field(absl::Hours(24 * 3650)), "");
  for (const absl::Duration ahead :
       {absl::Minutes(1) - absl::Microseconds(1), absl::ZeroDuration(), -absl::Hours(1),
        absl::Hours(24 * 3650) + absl::Microseconds(1)}) {
    EXPECT_EQ(field(ahead), "expire_time") << ahead;
  }
}

TEST_F(ApiKeysPostgresTest, TwoHundredKeysMayBeActive) {
  Fill(199);
  const ApiKeyId last = Create(Named("the last")).key.id;
  EXPECT_EQ(ErrorReason(keys_.Create(admin_, Named("one more")).status()),
            kReasonFailedPrecondition);
  ASSERT_TRUE(keys_.Revoke(admin_, last).ok());
  EXPECT_TRUE(keys_.Create(admin_, Named("one more")).ok());
}

TEST_F(ApiKeysPostgresTest, OfManyAtOnceNoneIsOneTooMany) {
  Fill(197);
  std::atomic<int> made = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { made += keys_.Create(admin_, Named("k")).ok() ? 1 : 0; });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(made, 3);
}

TEST_F(ApiKeysPostgresTest, ListsPagesNewestFirst) {
  std::vector<std::string> names;
  for (int i = 0; i < 5; ++i) {
    names.insert(names.begin(), Create(Named(absl::StrCat("key ", i))).key.name);
    clock_.Advance(absl::Seconds(1));
  }
  std::vector<std::string> seen;
  std::string token;
  do {
    const ApiKeyPage page = keys_.List(2, token).value();
    EXPECT_LE(page.keys.size(), 2u);
    for (const storage::ApiKey& key : page.keys) seen.push_back(key.name);
    token = page.next_page_token;
  } while (!token.empty());
  EXPECT_EQ(seen, names);
  Fill(100);
  EXPECT_EQ(keys_.List(0, "")->keys.size(), 25u);
  EXPECT_EQ(keys_.List(100, "")->keys.size(), 100u);
  for (const auto& [size, page_token, field] :
       std::vector<std::tuple<uint32_t, std::string, std::string>>{
           {101, "", "page_size"}, {0, "x", "page_token"}, {0, "????", "page_token"}}) {
    const auto violations = ErrorViolations(keys_.List(size, page_token).status());
    ASSERT_EQ(violations.size(), 1u);
    EXPECT_EQ(violations[0].field, field);
  }
}

}  // namespace
}  // namespace mab::admin
