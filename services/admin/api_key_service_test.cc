#include "admin/api_key_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "admin/testing/fake_authorizer.h"
#include "admin/testing/test_server.h"
#include "common/error.h"
#include "common/postgres.h"
#include "storage/testing/migrated_database.h"

namespace mab::admin {
namespace {

using mab::v1::ApiKey;
using mab::v1::CreateApiKeyRequest;
using mab::v1::CreateApiKeyResponse;
using ::testing::ElementsAre;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class ApiKeyServicePostgresTest : public ::testing::Test {
 protected:
  grpc::Status Create(const CreateApiKeyRequest& request, CreateApiKeyResponse* response) {
    grpc::ClientContext context;
    context.AddMetadata("role", "ADMIN");
    return stub_->CreateApiKey(&context, request, response);
  }
  std::vector<std::string> Violated(const CreateApiKeyRequest& request) {
    CreateApiKeyResponse response;
    return FieldsOf(Create(request, &response));
  }
  static CreateApiKeyRequest Named(const std::string& name) {
    CreateApiKeyRequest request;
    request.set_name(name);
    request.add_scopes(ApiKey::READ);
    return request;
  }

  storage::MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
  FakeClock clock_{kNow};
  FakeAuthorizer authorizer_;
  ApiKeys keys_{&pool_, &clock_};
  ApiKeyServiceImpl service_{&keys_, &authorizer_, &clock_};
  TestServer server_{{&service_}};
  std::unique_ptr<mab::v1::ApiKeyService::Stub> stub_ =
      mab::v1::ApiKeyService::NewStub(server_.channel());
};

TEST_F(ApiKeyServicePostgresTest, FromTheCreationToTheEnd) {
  CreateApiKeyRequest request = Named("ci");
  request.clear_scopes();
  request.add_scopes(ApiKey::ASSIGN);
  request.add_scopes(ApiKey::READ);
  request.mutable_expire_time()->set_seconds(absl::ToUnixSeconds(kNow) + 3600);
  request.set_bulk_exposes(true);
  CreateApiKeyResponse made;
  const grpc::Status status = Create(request, &made);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(made.secret().size(), 47u);
  EXPECT_EQ(made.key().name(), "ci");
  EXPECT_EQ(made.key().hint(), made.secret().substr(0, 8));
  EXPECT_THAT(made.key().scopes(), ElementsAre(ApiKey::READ, ApiKey::ASSIGN));
  EXPECT_EQ(made.key().state(), ApiKey::ACTIVE);
  EXPECT_EQ(made.key().create_time().seconds(), absl::ToUnixSeconds(kNow));
  EXPECT_EQ(made.key().expire_time().seconds(), absl::ToUnixSeconds(kNow) + 3600);
  EXPECT_TRUE(made.key().bulk_exposes());
  EXPECT_FALSE(made.key().has_last_use_time());
  EXPECT_FALSE(made.key().has_revoke_time());

  const auto get = [&] {
    grpc::ClientContext context;
    context.AddMetadata("role", "ADMIN");
    mab::v1::GetApiKeyRequest by_id;
    by_id.set_id(made.key().id());
    mab::v1::GetApiKeyResponse response;
    EXPECT_TRUE(stub_->GetApiKey(&context, by_id, &response).ok());
    return response.key();
  };
  EXPECT_EQ(get().state(), ApiKey::ACTIVE);
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(get().state(), ApiKey::EXPIRED);

  grpc::ClientContext context;
  context.AddMetadata("role", "ADMIN");
  mab::v1::RevokeApiKeyRequest revoke;
  revoke.set_id(made.key().id());
  mab::v1::RevokeApiKeyResponse revoked;
  ASSERT_TRUE(stub_->RevokeApiKey(&context, revoke, &revoked).ok());
  EXPECT_EQ(revoked.key().state(), ApiKey::REVOKED);
  EXPECT_EQ(revoked.key().revoke_time().seconds(), absl::ToUnixSeconds(kNow) + 3600);
  EXPECT_EQ(get().state(), ApiKey::REVOKED);

  grpc::ClientContext listing;
  listing.AddMetadata("role", "ADMIN");
  mab::v1::ListApiKeysResponse listed;
  ASSERT_TRUE(stub_->ListApiKeys(&listing, {}, &listed).ok());
  ASSERT_EQ(listed.keys_size(), 1);
  EXPECT_EQ(listed.keys(0).id(), made.key().id());
}

TEST_F(ApiKeyServicePostgresTest, NamesAllThatIsWrong) {
  CreateApiKeyRequest request;
  request.mutable_expire_time()->set_seconds(absl::ToUnixSeconds(kNow));
  request.set_bulk_exposes(true);
  request.set_publishable(true);
  EXPECT_THAT(Violated(request),
              ElementsAre("scopes", "name", "expire_time", "bulk_exposes", "publishable"));
  request = Named("k");
  request.add_scopes(ApiKey::ASSIGN);
  request.set_publishable(true);
  EXPECT_THAT(Violated(request), ElementsAre("publishable"));
  request = Named("k");
  request.mutable_expire_time()->set_nanos(-1);
  EXPECT_THAT(Violated(request), ElementsAre("expire_time"));
}

TEST_F(ApiKeyServicePostgresTest, EachScopeIsThereOnceAtMost) {
  CreateApiKeyRequest request = Named("k");
  request.add_scopes(ApiKey::WRITE);
  request.add_scopes(ApiKey::ASSIGN);
  EXPECT_THAT(Violated(request), ElementsAre());
  request.add_scopes(ApiKey::WRITE);
  EXPECT_THAT(Violated(request), ElementsAre("scopes[3]"));
  for (const int unknown : {0, 4, -1}) {
    request = Named("k");
    request.add_scopes(static_cast<ApiKey::Scope>(unknown));
    EXPECT_THAT(Violated(request), ElementsAre("scopes[1]")) << unknown;
  }
  request = Named("k");
  for (int i = 0; i < 100000; ++i) request.add_scopes(ApiKey::READ);
  EXPECT_THAT(Violated(request), ElementsAre("scopes[1]"));
}

TEST_F(ApiKeyServicePostgresTest, AnIdThatIsNoneIsNotFound) {
  for (const char* id : {"", "x", "00000000-0000-7000-8000-000000000000"}) {
    grpc::ClientContext getting, revoking;
    getting.AddMetadata("role", "ADMIN");
    revoking.AddMetadata("role", "ADMIN");
    mab::v1::GetApiKeyRequest get;
    get.set_id(id);
    mab::v1::GetApiKeyResponse got;
    EXPECT_EQ(ReasonOf(stub_->GetApiKey(&getting, get, &got)), kReasonApiKeyNotFound) << id;
    mab::v1::RevokeApiKeyRequest revoke;
    revoke.set_id(id);
    mab::v1::RevokeApiKeyResponse revoked;
    EXPECT_EQ(ReasonOf(stub_->RevokeApiKey(&revoking, revoke, &revoked)), kReasonApiKeyNotFound);
  }
}

}  // namespace
}  // namespace mab::admin
