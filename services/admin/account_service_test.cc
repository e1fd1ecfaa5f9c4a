#include "admin/account_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "admin/password.h"
#include "admin/testing/test_server.h"
#include "admin/token_authorizer.h"
#include "common/error.h"
#include "storage/testing/migrated_database.h"

namespace mab::admin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
constexpr char kEmail[] = "ada@example.com";
constexpr char kPassword[] = "correct horse battery";
const std::string kInternalSecret(32, 'i');
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
  AccessTokens tokens_{{.secret = std::string(32, 's'), .previous_secret = ""}, &clock_};
  ApiKeyUses key_uses_{&pool_, &clock_};
  TokenAuthorizer authorizer_{
      {.internal_secret = kInternalSecret}, &tokens_, &pool_, &key_uses_, &clock_};
  LoginDelays delays_{{}, &clock_};
  Sessions sessions_{&pool_, hasher_.get(), &delays_, &tokens_, &clock_};
  FirstAccount first_account_{&pool_, hasher_.get(), &clock_, kToken};
  OwnPassword own_password_{&pool_, hasher_.get(), &delays_, &clock_};
  Accounts accounts_{&pool_, &clock_};
  AccountServiceImpl service_{{.sessions = &sessions_,
                               .first_account = &first_account_,
                               .own_password = &own_password_,
                               .accounts = &accounts_,
                               .authorizer = &authorizer_}};
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

TEST_F(AccountServicePostgresTest, ASignOutAndARoleAndADisabledAccountCountAtOnce) {
  Call setup;
  mab::v1::SetUpResponse made;
  ASSERT_TRUE(SetUp(setup, made).ok());
  mab::v1::GetCurrentAccountResponse current;
  const auto me = [&](const std::string& access_token) {
    Call call("", access_token);
    return Current(call, current).error_code();
  };
  Call login;
  mab::v1::LoginResponse session;
  ASSERT_TRUE(Login(login, kPassword, session).ok());
  ASSERT_TRUE(pool_.Execute("UPDATE mab.accounts SET role = 'VIEWER'").ok());
  EXPECT_EQ(me(session.access_token()), grpc::StatusCode::OK);
  EXPECT_EQ(current.account().role(), mab::v1::Account::VIEWER);
  Call listing("", session.access_token());
  mab::v1::ListAccountsResponse listed;
  EXPECT_EQ(stub_->ListAccounts(&listing.context, {}, &listed).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);

  Call logout(login.RefreshToken());
  mab::v1::LogoutResponse ended;
  ASSERT_TRUE(stub_->Logout(&logout.context, {}, &ended).ok());
  EXPECT_EQ(me(session.access_token()), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(me(made.access_token()), grpc::StatusCode::OK) << "another session of the account";
  ASSERT_TRUE(pool_.Execute("UPDATE mab.accounts SET disabled = true").ok());
  EXPECT_EQ(me(made.access_token()), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(AccountServicePostgresTest, AReusedRefreshTokenEndsTheAccessTokensToo) {
  Call setup;
  mab::v1::SetUpResponse made;
  ASSERT_TRUE(SetUp(setup, made).ok());
  Call first(setup.RefreshToken()), second(setup.RefreshToken());
  mab::v1::RefreshSessionResponse refreshed;
  ASSERT_TRUE(Refresh(first, refreshed).ok());
  EXPECT_FALSE(Refresh(second, refreshed).ok());
  mab::v1::GetCurrentAccountResponse current;
  for (const std::string& token : {made.access_token(), refreshed.access_token()}) {
    Call me("", token);
    EXPECT_EQ(Current(me, current).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  }
}

TEST_F(AccountServicePostgresTest, FromAnInvitationToTheOwnPassword) {
  Call setup;
  mab::v1::SetUpResponse admin;
  ASSERT_TRUE(SetUp(setup, admin).ok());
  mab::v1::InviteAccountRequest invite;
  invite.set_email("bob@example.com");
  mab::v1::InviteAccountResponse link;
  Call unspecified("", admin.access_token());
  EXPECT_THAT(FieldsOf(stub_->InviteAccount(&unspecified.context, invite, &link)),
              ElementsAre("role"));
  invite.set_role(mab::v1::Account::EDITOR);
  Call inviting("", admin.access_token());
  ASSERT_TRUE(stub_->InviteAccount(&inviting.context, invite, &link).ok());
  EXPECT_EQ(link.account().state(), mab::v1::Account::PENDING);
  EXPECT_EQ(link.expire_time().seconds() - link.account().create_time().seconds(), 7 * 86'400);

  mab::v1::SetPasswordRequest accept;
  accept.set_token(link.token());
  accept.set_password("nine purple llamas");
  mab::v1::SetPasswordResponse bob;
  Call accepting;
  ASSERT_TRUE(stub_->SetPassword(&accepting.context, accept, &bob).ok());
  EXPECT_EQ(bob.account().id(), link.account().id());
  EXPECT_EQ(bob.account().state(), mab::v1::Account::ACTIVE);
  EXPECT_EQ(accepting.RefreshToken().size(), 43u);
  Call again;
  EXPECT_EQ(ReasonOf(stub_->SetPassword(&again.context, accept, &bob)), kReasonLinkNotFound);
  EXPECT_EQ(again.RefreshToken(), "");

  mab::v1::ChangePasswordRequest change;
  change.set_current_password("nine purple llamas");
  change.set_new_password("ten orange alpacas");
  mab::v1::ChangePasswordResponse changed;
  Call changing("", bob.access_token());
  EXPECT_TRUE(stub_->ChangePassword(&changing.context, change, &changed).ok());

  mab::v1::DisableAccountRequest disable;
  disable.set_id(bob.account().id());
  mab::v1::DisableAccountResponse disabled;
  Call disabling("", admin.access_token());
  ASSERT_TRUE(stub_->DisableAccount(&disabling.context, disable, &disabled).ok());
  EXPECT_EQ(disabled.account().state(), mab::v1::Account::DISABLED);
  mab::v1::GetCurrentAccountResponse current;
  Call me("", bob.access_token());
  EXPECT_EQ(Current(me, current).error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(AccountServicePostgresTest, AnAccountThatIsNoneIsNotFound) {
  Call setup;
  mab::v1::SetUpResponse admin;
  ASSERT_TRUE(SetUp(setup, admin).ok());
  for (const std::string& id : {std::string(), std::string("x' OR 1=1 --"),
                                std::string(100'000, 'x'), Uuid::NewV7(kNow).ToString()}) {
    mab::v1::GetAccountRequest request;
    request.set_id(id);
    mab::v1::GetAccountResponse response;
    Call call("", admin.access_token());
    EXPECT_EQ(ReasonOf(stub_->GetAccount(&call.context, request, &response)),
              kReasonAccountNotFound);
  }
}

TEST_F(AccountServicePostgresTest, BelievesTheClientsAddressBesideTheInternalSecretAlone) {
  Call setup;
  mab::v1::SetUpResponse made;
  ASSERT_TRUE(SetUp(setup, made).ok());
  const auto guess = [&](const std::string& address, const std::string& secret) {
    Call call;
    call.context.AddMetadata("mab-client-address", address);
    call.context.AddMetadata("mab-internal-secret", secret);
    mab::v1::LoginResponse session;
    return Login(call, "another password", session).error_code();
  };
  // From loopback without the secret it is a program of this machine, whatever it says.
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(guess("203.0.113.7", std::string(32, 'x')), grpc::StatusCode::UNAUTHENTICATED);
  }
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(guess("203.0.113.7", kInternalSecret), grpc::StatusCode::UNAUTHENTICATED);
  }
  EXPECT_EQ(guess("203.0.113.7", kInternalSecret), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(guess("203.0.113.8", kInternalSecret), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(AccountServicePostgresTest, TheAuditLogSaysFromWhere) {
  const auto from = [](Call& call, const std::string& secret) {
    call.context.AddMetadata("mab-client-address", "203.0.113.7");
    call.context.AddMetadata("mab-internal-secret", secret);
  };
  const auto addresses = [&] {
    const auto rows =
        pool_.Execute("SELECT action, coalesce(address, '-') AS a FROM mab.audit_log ORDER BY id");
    std::vector<std::string> found;
    for (int row = 0; row < rows->rows(); ++row) {
      found.push_back(absl::StrCat(rows->Text(row, "action"), " ", rows->Text(row, "a")));
    }
    return found;
  };
  Call setup;
  from(setup, kInternalSecret);
  mab::v1::SetUpResponse made;
  ASSERT_TRUE(SetUp(setup, made).ok());
  const auto invite = [&](const std::string& email, const std::string& secret) {
    Call call("", made.access_token());
    from(call, secret);
    mab::v1::InviteAccountRequest request;
    request.set_email(email);
    request.set_role(mab::v1::Account::VIEWER);
    mab::v1::InviteAccountResponse link;
    EXPECT_TRUE(stub_->InviteAccount(&call.context, request, &link).ok());
    return link.token();
  };
  const std::string token = invite("bob@example.com", kInternalSecret);
  // Without the secret nobody says for whom he calls: it is a program of this machine.
  invite("cleo@example.com", std::string(32, 'x'));
  Call set;
  from(set, kInternalSecret);
  mab::v1::SetPasswordRequest request;
  request.set_token(token);
  request.set_password("nine purple llamas");
  mab::v1::SetPasswordResponse session;
  ASSERT_TRUE(stub_->SetPassword(&set.context, request, &session).ok());
  EXPECT_THAT(addresses(), ElementsAre("account.create 203.0.113.7", "account.invite 203.0.113.7",
                                       "account.invite -", "account.set_password 203.0.113.7"));
}

TEST_F(AccountServicePostgresTest, AnOperatorsTokenIsAnEditorsAndOnlyWhereItIsAccepted) {
  const std::string token = tokens_.Issue({}).value();
  mab::v1::GetCurrentAccountResponse current;
  Call refused("", token);
  EXPECT_EQ(Current(refused, current).error_code(), grpc::StatusCode::UNAUTHENTICATED);

  const TokenAuthorizer accepting({.internal_secret = "", .accept_operator = true}, &tokens_,
                                  &pool_, &key_uses_, &clock_);
  AccountServiceImpl service({.sessions = &sessions_,
                              .first_account = &first_account_,
                              .own_password = &own_password_,
                              .accounts = &accounts_,
                              .authorizer = &accepting});
  TestServer server({&service});
  const auto stub = mab::v1::AccountService::NewStub(server.channel());
  Call me("", token);
  EXPECT_EQ(ReasonOf(stub->GetCurrentAccount(&me.context, {}, &current)), kReasonAccountNotFound);
  mab::v1::ListAccountsResponse listed;
  Call listing("", token);
  EXPECT_EQ(stub->ListAccounts(&listing.context, {}, &listed).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  // One id that is nil is not both.
  const std::string half =
      tokens_.Issue({.account_id = {}, .session_id = Uuid::NewV7(kNow)}).value();
  Call other("", half);
  EXPECT_EQ(stub->GetCurrentAccount(&other.context, {}, &current).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(AccountServicePostgresTest, ASignInEndsTheSessionThatWasThere) {
  Call set_up;
  mab::v1::SetUpResponse first;
  ASSERT_TRUE(SetUp(set_up, first).ok());
  Call wrong(set_up.RefreshToken());
  mab::v1::LoginResponse second;
  EXPECT_FALSE(Login(wrong, "not the password", second).ok());
  mab::v1::GetCurrentAccountResponse account;
  Call still("", first.access_token());
  EXPECT_TRUE(Current(still, account).ok()) << "a wrong password ends nothing";

  Call again(set_up.RefreshToken());
  ASSERT_TRUE(Login(again, kPassword, second).ok());
  Call old("", first.access_token());
  EXPECT_EQ(Current(old, account).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  Call now("", second.access_token());
  EXPECT_TRUE(Current(now, account).ok());
}

TEST_F(AccountServicePostgresTest, ASignOutWithoutTheCookieEndsTheTokensSession) {
  Call set_up;
  mab::v1::SetUpResponse session;
  ASSERT_TRUE(SetUp(set_up, session).ok());
  Call sign_out("", session.access_token());
  mab::v1::LogoutResponse response;
  EXPECT_TRUE(stub_->Logout(&sign_out.context, {}, &response).ok());
  mab::v1::GetCurrentAccountResponse account;
  Call after("", session.access_token());
  EXPECT_EQ(Current(after, account).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  Call garbage("", "garbage");
  EXPECT_TRUE(stub_->Logout(&garbage.context, {}, &response).ok()) << "there is nothing to end";
}

TEST_F(AccountServicePostgresTest, RefusedCallsAreInTheLogWithWhoMadeThem) {
  Call set_up;
  mab::v1::SetUpResponse session;
  ASSERT_TRUE(SetUp(set_up, session).ok());
  ASSERT_TRUE(pool_.Execute("UPDATE mab.accounts SET role = 'VIEWER'").ok());
  ::testing::internal::CaptureStdout();
  Call viewer("", session.access_token());
  mab::v1::ListAccountsResponse accounts;
  EXPECT_FALSE(stub_->ListAccounts(&viewer.context, {}, &accounts).ok());
  Call stranger("", "a token that was made up");
  EXPECT_FALSE(stub_->ListAccounts(&stranger.context, {}, &accounts).ok());
  Call nobody;
  EXPECT_FALSE(stub_->ListAccounts(&nobody.context, {}, &accounts).ok());
  const std::string log = ::testing::internal::GetCapturedStdout();
  EXPECT_THAT(log, HasSubstr("account " + session.account().id()));
  EXPECT_THAT(log, HasSubstr("PERMISSION_DENIED"));
  EXPECT_THAT(log, HasSubstr("UNAUTHENTICATED"));
  EXPECT_THAT(log, Not(HasSubstr("made up")));
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 2)
      << "a page that is not signed in is no event";
}

}  // namespace
}  // namespace mab::admin
