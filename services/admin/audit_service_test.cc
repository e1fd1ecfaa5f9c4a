#include "admin/audit_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "admin/testing/fake_authorizer.h"
#include "admin/testing/test_server.h"
#include "common/error.h"
#include "storage/account_store.h"
#include "storage/audit_store.h"
#include "storage/testing/migrated_database.h"

namespace mab::admin {
namespace {

using mab::v1::ListAuditEntriesRequest;
using mab::v1::ListAuditEntriesResponse;
using ::testing::ElementsAre;

const absl::Time kNow = absl::FromUnixMicros(1'800'000'000'123'456);

class AuditServicePostgresTest : public ::testing::Test {
 protected:
  void Append(storage::AuditEntry entry) {
    ASSERT_TRUE(
        pool_.Transaction([&](PgConnection& db) { return storage::AuditStore::Append(db, entry); })
            .ok());
  }
  // "experiment.update" of the experiments s0, s1, …, a minute apart.
  void AppendMany(int count, const std::string& after = "{}") {
    for (int i = 0; i < count; ++i) {
      Append({.at = kNow + i * absl::Minutes(1),
              .actor = {.account_id = admin_},
              .action = "experiment.update",
              .subject_type = "experiment",
              .subject_id = absl::StrCat("s", i),
              .after_json = after});
    }
  }
  grpc::Status List(const ListAuditEntriesRequest& request, ListAuditEntriesResponse* response,
                    Role role = Role::kAdmin) {
    grpc::ClientContext context;
    context.AddMetadata("role", std::string(storage::RoleName(role)));
    return stub_->ListAuditEntries(&context, request, response);
  }
  // The subjects of a page.
  std::vector<std::string> Listed(const ListAuditEntriesRequest& request,
                                  std::string* next = nullptr) {
    ListAuditEntriesResponse response;
    const grpc::Status status = List(request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    std::vector<std::string> subjects;
    for (const auto& entry : response.entries()) subjects.push_back(entry.subject_id());
    if (next != nullptr) *next = response.next_page_token();
    return subjects;
  }

  const AccountId admin_{Uuid::NewV7(kNow)};
  storage::MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
  FakeAuthorizer authorizer_;
  AuditServiceImpl service_{&pool_, &authorizer_};
  TestServer server_{{&service_}};
  std::unique_ptr<mab::v1::AuditService::Stub> stub_ =
      mab::v1::AuditService::NewStub(server_.channel());
};

TEST_F(AuditServicePostgresTest, SaysWhoChangedWhatFromWhere) {
  ASSERT_TRUE(pool_
                  .Execute("INSERT INTO mab.accounts (id, email, role, password_hash, create_time, "
                           "update_time) VALUES ($1, 'ada@example.com', 'ADMIN', '', $2, $2)",
                           {admin_, kNow})
                  .ok());
  Append({.at = kNow,
          .actor = {.account_id = admin_, .address = "203.0.113.9"},
          .action = "experiment.update",
          .subject_type = "experiment",
          .subject_id = "0198",
          .before_json = R"({"name":"a"})",
          .after_json = R"({"name":"b","floor":0.1})"});
  Append({.at = kNow, .action = "account.create", .subject_type = "account", .subject_id = "x"});
  ListAuditEntriesResponse response;
  ASSERT_TRUE(List({}, &response).ok());
  ASSERT_EQ(response.entries_size(), 2);
  EXPECT_FALSE(response.entries(0).has_account());
  EXPECT_FALSE(response.entries(0).has_before());
  EXPECT_EQ(response.entries(0).address(), "");
  const mab::v1::AuditEntry& entry = response.entries(1);
  EXPECT_EQ(entry.at().seconds(), 1'800'000'000);
  EXPECT_EQ(entry.account().id(), admin_.ToString());
  EXPECT_EQ(entry.account().email(), "ada@example.com");
  EXPECT_EQ(entry.address(), "203.0.113.9");
  EXPECT_EQ(entry.action(), "experiment.update");
  EXPECT_EQ(entry.subject_type(), "experiment");
  EXPECT_EQ(entry.subject_id(), "0198");
  EXPECT_EQ(entry.before().struct_value().fields().at("name").string_value(), "a");
  EXPECT_EQ(entry.after().struct_value().fields().at("floor").number_value(), 0.1);
  EXPECT_FALSE(entry.sides_omitted());
  EXPECT_EQ(response.next_page_token(), "");
}

TEST_F(AuditServicePostgresTest, SaysWhichKeyChangedWhat) {
  const ApiKeyId key{Uuid::NewV7(kNow)}, unknown{Uuid::NewV7(kNow)};
  ASSERT_TRUE(pool_
                  .Execute("INSERT INTO mab.api_keys (id, name, hint, secret_hash, can_read, "
                           "can_write, can_assign, create_time) "
                           "VALUES ($1, 'ci', 'mab_AbCd', sha256(''), false, true, false, $2)",
                           {key, kNow})
                  .ok());
  AppendMany(1);
  for (const ApiKeyId& id : {key, unknown}) {
    Append({.at = kNow,
            .actor = {.api_key_id = id, .address = "203.0.113.9"},
            .action = "experiment.start",
            .subject_type = "experiment",
            .subject_id = "0198"});
  }
  ListAuditEntriesResponse response;
  ASSERT_TRUE(List({}, &response).ok());
  ASSERT_EQ(response.entries_size(), 3);
  EXPECT_EQ(response.entries(0).api_key().id(), unknown.ToString());
  EXPECT_EQ(response.entries(0).api_key().name(), "");
  EXPECT_FALSE(response.entries(1).has_account());
  EXPECT_EQ(response.entries(1).api_key().id(), key.ToString());
  EXPECT_EQ(response.entries(1).api_key().name(), "ci");
  EXPECT_FALSE(response.entries(2).has_api_key());
  ListAuditEntriesRequest request;
  request.set_api_key_id(key.ToString());
  EXPECT_THAT(Listed(request), ElementsAre("0198"));
  request.set_api_key_id("ci");
  EXPECT_THAT(FieldsOf(List(request, &response)), ElementsAre("api_key_id"));
}

TEST_F(AuditServicePostgresTest, ListsPagesNewestFirst) {
  AppendMany(5);
  ListAuditEntriesRequest request;
  request.set_page_size(2);
  std::string next;
  EXPECT_THAT(Listed(request, &next), ElementsAre("s4", "s3"));
  request.set_page_token(next);
  EXPECT_THAT(Listed(request, &next), ElementsAre("s2", "s1"));
  request.set_page_token(next);
  EXPECT_THAT(Listed(request, &next), ElementsAre("s0"));
  EXPECT_EQ(next, "");
}

TEST_F(AuditServicePostgresTest, TakesAPageOfTheLimitAndNoMore) {
  AppendMany(101);
  ListAuditEntriesRequest request;
  EXPECT_EQ(Listed(request).size(), 25u);
  request.set_page_size(100);
  EXPECT_EQ(Listed(request).size(), 100u);
  request.set_page_size(101);
  ListAuditEntriesResponse response;
  EXPECT_THAT(FieldsOf(List(request, &response)), ElementsAre("page_size"));
}

TEST_F(AuditServicePostgresTest, APageHasNoMoreThanFits) {
  AppendMany(4, absl::StrCat("\"", std::string(200'000, 'x'), "\""));
  ListAuditEntriesRequest request;
  std::string next;
  EXPECT_THAT(Listed(request, &next), ElementsAre("s3", "s2"));
  request.set_page_token(next);
  EXPECT_THAT(Listed(request, &next), ElementsAre("s1", "s0"));
  EXPECT_EQ(next, "");
}

TEST_F(AuditServicePostgresTest, LeavesOutWhatIsTooLargeOrTooDeepAndSaysSo) {
  AppendMany(1, absl::StrCat("\"", std::string((256 << 10) - 2, 'x'), "\""));
  AppendMany(1, absl::StrCat("\"", std::string((256 << 10) - 1, 'x'), "\""));
  AppendMany(1, absl::StrCat(std::string(30, '['), std::string(30, ']')));
  AppendMany(1, absl::StrCat(std::string(31, '['), std::string(31, ']')));
  ListAuditEntriesResponse response;
  const grpc::Status status = List({}, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(response.entries_size(), 4);
  for (const int i : {0, 2}) {
    EXPECT_TRUE(response.entries(i).sides_omitted()) << i;
    EXPECT_FALSE(response.entries(i).has_after()) << i;
  }
  for (const int i : {1, 3}) {
    EXPECT_FALSE(response.entries(i).sides_omitted()) << i;
    EXPECT_TRUE(response.entries(i).has_after()) << i;
  }
}

TEST_F(AuditServicePostgresTest, Filters) {
  AppendMany(4);
  const AccountId other{Uuid::NewV7(kNow)};
  Append({.at = kNow + absl::Hours(1),
          .actor = {.account_id = other},
          .action = "account.disable",
          .subject_type = "account",
          .subject_id = "s1"});
  const auto with = [&](auto set) {
    ListAuditEntriesRequest request;
    set(request);
    return Listed(request);
  };
  EXPECT_THAT(with([&](auto& r) { r.set_account_id(other.ToString()); }), ElementsAre("s1"));
  EXPECT_THAT(with([&](auto& r) { r.set_account_id(Uuid::NewV7(kNow).ToString()); }),
              ElementsAre());
  EXPECT_THAT(with([](auto& r) { r.set_action("account.disable"); }), ElementsAre("s1"));
  EXPECT_THAT(with([](auto& r) { r.set_action("account.dis%"); }), ElementsAre());
  EXPECT_EQ(with([](auto& r) { r.set_subject_type("experiment"); }).size(), 4u);
  EXPECT_THAT(with([](auto& r) {
                r.set_subject_type("experiment");
                r.set_subject_id("s1");
              }),
              ElementsAre("s1"));
  EXPECT_THAT(with([](auto& r) {
                r.mutable_since()->set_seconds(1'800'000'060);
                r.mutable_until()->set_seconds(1'800'000'121);
              }),
              ElementsAre("s2", "s1"));
  // Exactly at a time: since has it, until has it not.
  EXPECT_THAT(with([](auto& r) {
                r.mutable_since()->set_seconds(1'800'000'060);
                r.mutable_since()->set_nanos(123'456'000);
                r.mutable_until()->set_seconds(1'800'000'120);
                r.mutable_until()->set_nanos(123'456'000);
              }),
              ElementsAre("s1"));
}

TEST_F(AuditServicePostgresTest, NamesWhatIsWrong) {
  AppendMany(3);
  const auto wrong = [&](auto set) {
    ListAuditEntriesRequest request;
    set(request);
    ListAuditEntriesResponse response;
    return FieldsOf(List(request, &response));
  };
  EXPECT_THAT(wrong([](auto& r) { r.set_account_id("ada"); }), ElementsAre("account_id"));
  EXPECT_THAT(wrong([](auto& r) { r.set_action(std::string(65, 'a')); }), ElementsAre("action"));
  EXPECT_THAT(wrong([](auto& r) { r.set_action(std::string(64, 'a')); }), ElementsAre());
  EXPECT_THAT(wrong([](auto& r) { r.set_action(std::string("a\0", 2)); }), ElementsAre("action"));
  EXPECT_THAT(wrong([](auto& r) { r.set_subject_type(std::string(65, 'a')); }),
              ElementsAre("subject_type"));
  EXPECT_THAT(wrong([](auto& r) {
                r.set_subject_type("experiment");
                r.set_subject_id(std::string(129, 'a'));
              }),
              ElementsAre("subject_id"));
  EXPECT_THAT(wrong([](auto& r) { r.set_subject_id("s1"); }), ElementsAre("subject_type"));
  EXPECT_THAT(wrong([](auto& r) { r.mutable_since()->set_seconds(-62'135'596'801); }),
              ElementsAre("since"));
  EXPECT_THAT(wrong([](auto& r) { r.mutable_until()->set_nanos(-1); }), ElementsAre("until"));
  for (const char* token : {"x", "????", "AQAAAAAAAAAA"}) {
    EXPECT_THAT(wrong([&](auto& r) { r.set_page_token(token); }), ElementsAre("page_token"));
  }
  ListAuditEntriesRequest first;
  first.set_page_size(1);
  std::string next;
  Listed(first, &next);
  EXPECT_THAT(wrong([&](auto& r) {
                r.set_page_token(next);
                r.set_action("experiment.update");
              }),
              ElementsAre("page_token"));
}

TEST_F(AuditServicePostgresTest, IsForAdministrators) {
  ListAuditEntriesResponse response;
  for (const Role role : {Role::kViewer, Role::kEditor}) {
    EXPECT_EQ(ReasonOf(List({}, &response, role)), kReasonPermissionDenied);
  }
  grpc::ClientContext context;
  EXPECT_EQ(stub_->ListAuditEntries(&context, {}, &response).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
}

}  // namespace
}  // namespace mab::admin
