#include "admin/account_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "admin/password.h"
#include "admin/testing/test_server.h"
#include "admin/token_authorizer.h"
#include "common/error.h"
#include "storage/testing/migrated_database.h"

namespace mab::admin {
namespace {

using ::testing::ElementsAre;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
constexpr char kEmail[] = "ada@example.com";
constexpr char kPassword[] = "correct horse battery";
constexpr char kToken[] = "a token from the set-up link";

class AccountServicePostgresTest : public ::testing::Test {
 protected:
  // What a client sends and gets beside the messages.
  struct Call {
    explicit Call(const std::string& refresh_token = "", const std::string& access_token = "") {
      if (!refresh_token.empty()) context.AddMetadata("mab-refresh-token", refresh_token);
      if (!access_token.empty()) context.AddMetadata("authorization", "Bearer " + access_token);
    }
    std::string RefreshToken() const {
      const auto& metadata = context.GetServerInitialMetadata();
      const auto it = metadata.find("mab-refresh-token");
      return it == metadata.end() ? "" : std::string(it->second.data(), it->second.size());
    }
    grpc::ClientContext context;
  };

  grpc::Status SetUp(Call& call, mab::v1::SetUpResponse& response) {
    mab::v1::SetUpRequest request;
    request.set_token(kToken);
    request.set_email(kEmail);
    request.set_password(kPassword);
    return stub_->SetUp(&call.context, request, &response);
  }
  grpc::Status Login(Call& call, const std::string& password, mab::v1::LoginResponse& response) {
    mab::v1::LoginRequest request;
    request.set_email(kEmail);
    request.set_password(password);
    return stub_->Login(&call.context, request, &response);
  }
  grpc::Status Refresh(Call& call, mab::v1::RefreshSessionResponse& response) {
    return stub_->RefreshSession(&call.context, {}, &response);
  }
  grpc::Status Current(Call& call, mab::v1::GetCurrentAccountResponse& response) {
    return stub_->GetCurrentAccount(&call.context, {}, &response);
  }

  storage::MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
  FakeClock clock_{kNow};
  std::unique_ptr<PasswordHasher> hasher_ =
      PasswordHasher::Create({.bcrypt_cost = kBcryptCostMin}).value();
  AccessTokens tokens_{std::string(32, 's'), &clock_};
  TokenAuthorizer authorizer_{std::string(32, 'i'), &tokens_};
  Sessions sessions_{&pool_, hasher_.get(), &tokens_, &clock_};
  FirstAccount first_account_{&pool_, hasher_.get(), &clock_, kToken};
  AccountServiceImpl service_{&sessions_, &first_account_, &authorizer_};
  TestServer server_{{&service_}};
  std::unique_ptr<mab::v1::AccountService::Stub> stub_ =
      mab::v1::AccountService::NewStub(server_.channel());
};

TEST_F(AccountServicePostgresTest, FromTheSetUpLinkToTheEndOfTheSession) {
  Call setup;
  mab::v1::SetUpResponse made;
  ASSERT_TRUE(SetUp(setup, made).ok());
  EXPECT_EQ(made.token_type(), "Bearer");
  EXPECT_EQ(made.expires_in(), 900u);
  EXPECT_EQ(made.account().email(), kEmail);
  EXPECT_EQ(made.account().role(), mab::v1::Account::ADMIN);
  EXPECT_EQ(setup.RefreshToken().size(), 43u);

  Call login;
  mab::v1::LoginResponse session;
  ASSERT_TRUE(Login(login, kPassword, session).ok());
  EXPECT_EQ(session.account().id(), made.account().id());
  EXPECT_EQ(session.expires_in(), 900u);

  Call me("", session.access_token());
  mab::v1::GetCurrentAccountResponse current;
  ASSERT_TRUE(Current(me, current).ok());
  EXPECT_EQ(current.account().id(), made.account().id());
  EXPECT_EQ(current.account().email(), kEmail);
  EXPECT_EQ(current.account().role(), mab::v1::Account::ADMIN);

  Call refresh(login.RefreshToken());
  mab::v1::RefreshSessionResponse refreshed;
  ASSERT_TRUE(Refresh(refresh, refreshed).ok());
  EXPECT_EQ(refreshed.account().id(), made.account().id());
  EXPECT_NE(refresh.RefreshToken(), login.RefreshToken());

  Call logout(refresh.RefreshToken());
  mab::v1::LogoutResponse ended;
  ASSERT_TRUE(stub_->Logout(&logout.context, {}, &ended).ok());
  Call after(refresh.RefreshToken());
  EXPECT_EQ(Refresh(after, refreshed).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(after.RefreshToken(), "");
}

TEST_F(AccountServicePostgresTest, AWrongPasswordGetsNoToken) {
  Call setup;
  mab::v1::SetUpResponse made;
  ASSERT_TRUE(SetUp(setup, made).ok());
  Call login;
  mab::v1::LoginResponse session;
  const grpc::Status status = Login(login, "another password", session);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(ReasonOf(status), kReasonUnauthenticated);
  EXPECT_EQ(login.RefreshToken(), "");
}

TEST_F(AccountServicePostgresTest, NamesTheFieldsThatAreWrong) {
  Call login;
  mab::v1::LoginResponse session;
  const grpc::Status status = Login(login, std::string(kPasswordBytesMax + 1, 'x'), session);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(FieldsOf(status), ElementsAre("password"));
}

TEST_F(AccountServicePostgresTest, WithoutATokenThereIsNoSession) {
  Call call;
  mab::v1::RefreshSessionResponse refreshed;
  EXPECT_EQ(Refresh(call, refreshed).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  Call logout;
  mab::v1::LogoutResponse ended;
  EXPECT_TRUE(stub_->Logout(&logout.context, {}, &ended).ok());
  mab::v1::GetCurrentAccountResponse current;
  for (const char* token : {"", "made.up.token"}) {
    Call me("", token);
    EXPECT_EQ(Current(me, current).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  }
}

TEST_F(AccountServicePostgresTest, TheSetUpLinkClosesBehindTheFirst) {
  Call first;
  mab::v1::SetUpResponse made;
  ASSERT_TRUE(SetUp(first, made).ok());
  Call second;
  const grpc::Status status = SetUp(second, made);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ReasonOf(status), kReasonFailedPrecondition);
}

}  // namespace
}  // namespace mab::admin
