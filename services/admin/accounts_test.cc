#include "admin/accounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "admin/testing/account_fixture.h"
#include "common/error.h"

namespace mab::admin {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class AccountsPostgresTest : public AccountFixture {
 protected:
  static void ExpectRefused(const absl::Status& status, const char* reason) {
    EXPECT_EQ(ErrorReason(status), reason) << status;
  }

  const storage::Account ada_ = Insert("ada@example.com", Role::kAdmin);
  const Caller admin_ = SignIn(ada_);
};

TEST_F(AccountsPostgresTest, AnInvitationBecomesAnAccountOnce) {
  const absl::StatusOr<IssuedLink> link =
      accounts_.Invite(admin_, "Bob@Example.com", Role::kEditor);
  ASSERT_TRUE(link.ok()) << link.status();
  EXPECT_EQ(link->account.email, "bob@example.com");
  EXPECT_EQ(link->token.size(), 43u);
  EXPECT_EQ(link->expire_time, kNow + absl::Hours(7 * 24));
  EXPECT_FALSE(CanSignIn("bob@example.com", ""));
  EXPECT_FALSE(CanSignIn("bob@example.com", kNewPassword));

  const absl::StatusOr<storage::Account> bob =
      own_password_.SetByLink(link->token, kNewPassword, std::nullopt);
  ASSERT_TRUE(bob.ok()) << bob.status();
  EXPECT_EQ(bob->id, link->account.id);
  EXPECT_EQ(bob->role, Role::kEditor);
  EXPECT_TRUE(CanSignIn("bob@example.com", kNewPassword));
  ExpectRefused(own_password_.SetByLink(link->token, kPassword, std::nullopt).status(),
                kReasonLinkNotFound);
  EXPECT_TRUE(CanSignIn("bob@example.com", kNewPassword));
}

TEST_F(AccountsPostgresTest, AnInvitationExpiresAfterSevenDays) {
  const IssuedLink link = accounts_.Invite(admin_, "bob@example.com", Role::kViewer).value();
  clock_.Advance(absl::Hours(7 * 24));
  ExpectRefused(own_password_.SetByLink(link.token, kNewPassword, std::nullopt).status(),
                kReasonLinkNotFound);
}

TEST_F(AccountsPostgresTest, NoTokenAndNoPasswordIsKeptOrAudited) {
  const IssuedLink link = accounts_.Invite(admin_, "bob@example.com", Role::kViewer).value();
  const auto rows = pool_.Execute("SELECT token_hash FROM mab.account_links");
  EXPECT_THAT(rows->Bytes(0, "token_hash"), Not(HasSubstr(link.token)));
  ASSERT_TRUE(own_password_.SetByLink(link.token, kNewPassword, "203.0.113.9").ok());
  const std::vector<std::string> audit = Audit();
  ASSERT_EQ(audit.size(), 2u);
  const std::string ada = ada_.id.ToString(), bob = link.account.id.ToString();
  EXPECT_EQ(audit[0],
            absl::StrCat(ada, " 203.0.113.4 account.invite ", bob,
                         R"( {"email":"bob@example.com","role":"VIEWER","state":"PENDING"})"));
  EXPECT_EQ(audit[1],
            absl::StrCat(bob, " 203.0.113.9 account.set_password ", bob,
                         R"( {"email":"bob@example.com","role":"VIEWER","state":"PENDING"})",
                         R"( {"email":"bob@example.com","role":"VIEWER","state":"ACTIVE"})"));
}

TEST_F(AccountsPostgresTest, RefusesAnAddressThatIsTakenOrNone) {
  ExpectRefused(accounts_.Invite(admin_, "ADA@example.com", Role::kViewer).status(),
                kReasonAlreadyExists);
  const absl::Status status = accounts_.Invite(admin_, "ada@", Role::kViewer).status();
  ExpectRefused(status, kReasonInvalidArgument);
  EXPECT_EQ(ErrorViolations(status)[0].field, "email");
}

TEST_F(AccountsPostgresTest, ThereAreNoMoreThanTenThousandAccounts) {
  ASSERT_TRUE(pool_
                  .Execute("INSERT INTO mab.accounts (id, email, role, password_hash, create_time, "
                           "update_time) SELECT gen_random_uuid(), n || '@example.com', 'VIEWER', "
                           "'', now(), now() FROM generate_series(1, 9998) n")
                  .ok());
  EXPECT_TRUE(accounts_.Invite(admin_, "last@example.com", Role::kViewer).ok());
  ExpectRefused(accounts_.Invite(admin_, "more@example.com", Role::kViewer).status(),
                kReasonFailedPrecondition);
}

TEST_F(AccountsPostgresTest, ListsInPages) {
  for (int i = 0; i < 30; ++i) Insert(absl::StrCat("someone", i, "@example.com"), Role::kViewer);
  std::set<std::string> emails;
  std::string token;
  std::vector<size_t> sizes;
  do {
    const absl::StatusOr<AccountPage> page = accounts_.List(0, token);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const storage::Account& account : page->accounts) emails.insert(account.email);
    sizes.push_back(page->accounts.size());
    token = page->next_page_token;
  } while (!token.empty());
  EXPECT_THAT(sizes, ::testing::ElementsAre(25, 6));
  EXPECT_EQ(emails.size(), 31u);
  EXPECT_EQ(accounts_.List(100, "")->accounts.size(), 31u);
  EXPECT_EQ(accounts_.List(31, "")->next_page_token, "");
  ExpectRefused(accounts_.List(101, "").status(), kReasonInvalidArgument);
  for (const std::string& bad : {std::string("x"), std::string(100, 'A'), std::string(24, 'A')}) {
    ExpectRefused(accounts_.List(1, bad).status(), kReasonInvalidArgument);
  }
}

TEST_F(AccountsPostgresTest, ADisabledAccountsSessionsEndAtOnceAndStayEnded) {
  const storage::Account bob = Insert("bob@example.com", Role::kEditor);
  const Caller session = SignIn(bob);
  const Session other = sessions_.Login("bob@example.com", kPassword, std::nullopt).value();
  ASSERT_TRUE(Lives(session));
  ASSERT_TRUE(accounts_.Disable(admin_, bob.id).ok());
  EXPECT_FALSE(Lives(session));
  EXPECT_FALSE(sessions_.Refresh(other.refresh_token, std::nullopt).ok());
  EXPECT_FALSE(CanSignIn("bob@example.com", kPassword));
  ExpectRefused(accounts_.ResetPassword(admin_, bob.id).status(), kReasonFailedPrecondition);

  ASSERT_TRUE(accounts_.Enable(admin_, bob.id).ok());
  EXPECT_FALSE(Lives(session));
  EXPECT_FALSE(sessions_.Refresh(other.refresh_token, std::nullopt).ok());
  EXPECT_TRUE(CanSignIn("bob@example.com", kPassword));
  EXPECT_THAT(Audit(), Contains(HasSubstr("account.disable")));
  EXPECT_THAT(Audit(), Contains(HasSubstr("account.enable")));
}

TEST_F(AccountsPostgresTest, ASessionThatWasBeingOpenedMeanwhileIsNone) {
  const storage::Account bob = Insert("bob@example.com", Role::kEditor);
  // He was looked up, and bcrypt is at work, when these happen.
  ASSERT_TRUE(accounts_.Disable(admin_, bob.id).ok());
  EXPECT_FALSE(sessions_.Open(bob, std::nullopt).ok());
  ASSERT_TRUE(accounts_.Enable(admin_, bob.id).ok());
  EXPECT_TRUE(sessions_.Open(bob, std::nullopt).ok());
  ASSERT_TRUE(accounts_.ResetPassword(admin_, bob.id).ok());
  EXPECT_FALSE(sessions_.Open(bob, std::nullopt).ok());
}

TEST_F(AccountsPostgresTest, AResetTakesThePasswordAwayAndGivesALinkForADay) {
  const storage::Account bob = Insert("bob@example.com", Role::kEditor);
  const Caller session = SignIn(bob);
  const IssuedLink first = accounts_.ResetPassword(admin_, bob.id).value();
  EXPECT_EQ(first.expire_time, kNow + absl::Hours(24));
  EXPECT_FALSE(Lives(session));
  EXPECT_FALSE(CanSignIn("bob@example.com", kPassword));
  const IssuedLink second = accounts_.ResetPassword(admin_, bob.id).value();
  ExpectRefused(own_password_.SetByLink(first.token, kNewPassword, std::nullopt).status(),
                kReasonLinkNotFound);
  clock_.Advance(absl::Hours(24) - absl::Seconds(1));
  EXPECT_TRUE(own_password_.SetByLink(second.token, kNewPassword, std::nullopt).ok());
  EXPECT_TRUE(CanSignIn("bob@example.com", kNewPassword));
}

TEST_F(AccountsPostgresTest, ADisabledAccountsLinkIsOfNoUse) {
  const IssuedLink link = accounts_.Invite(admin_, "bob@example.com", Role::kViewer).value();
  ASSERT_TRUE(accounts_.Disable(admin_, link.account.id).ok());
  ExpectRefused(own_password_.SetByLink(link.token, kNewPassword, std::nullopt).status(),
                kReasonLinkNotFound);
  ASSERT_TRUE(accounts_.Enable(admin_, link.account.id).ok());
  ExpectRefused(own_password_.SetByLink(link.token, kNewPassword, std::nullopt).status(),
                kReasonLinkNotFound);
}

TEST_F(AccountsPostgresTest, NobodyChangesHisOwnAccount) {
  Insert("bob@example.com", Role::kAdmin);
  ExpectRefused(accounts_.ChangeRole(admin_, ada_.id, Role::kViewer).status(),
                kReasonFailedPrecondition);
  ExpectRefused(accounts_.Disable(admin_, ada_.id).status(), kReasonFailedPrecondition);
  ExpectRefused(accounts_.ResetPassword(admin_, ada_.id).status(), kReasonFailedPrecondition);
  EXPECT_TRUE(Lives(admin_));
}

TEST_F(AccountsPostgresTest, WhoIsNoAdministratorAnyMoreChangesNothing) {
  const storage::Account bob = Insert("bob@example.com", Role::kAdmin);
  const Caller was_admin = SignIn(bob);
  ASSERT_TRUE(accounts_.ChangeRole(admin_, bob.id, Role::kEditor).ok());
  // He was let in before that.
  ExpectRefused(accounts_.Disable(was_admin, ada_.id).status(), kReasonPermissionDenied);
  ExpectRefused(accounts_.Invite(was_admin, "c@example.com", Role::kAdmin).status(),
                kReasonPermissionDenied);
  EXPECT_TRUE(Lives(was_admin));
}

TEST_F(AccountsPostgresTest, AnUnknownAccountIsNotFound) {
  const AccountId nobody{Uuid::NewV7(kNow)};
  ExpectRefused(accounts_.Get(nobody).status(), kReasonAccountNotFound);
  ExpectRefused(accounts_.Disable(admin_, nobody).status(), kReasonAccountNotFound);
}

// Pairs of administrators who remove one another at the same moment: one always stays.
TEST_F(AccountsPostgresTest, OfTwoAdministratorsWhoRemoveEachOtherOneStays) {
  using Removal = absl::Status (*)(Accounts&, const Caller&, AccountId);
  const Removal removals[] = {[](Accounts& accounts, const Caller& actor, AccountId id) {
                                return accounts.Disable(actor, id).status();
                              },
                              [](Accounts& accounts, const Caller& actor, AccountId id) {
                                return accounts.ChangeRole(actor, id, Role::kViewer).status();
                              },
                              [](Accounts& accounts, const Caller& actor, AccountId id) {
                                return accounts.ResetPassword(actor, id).status();
                              }};
  for (int round = 0; round < 12; ++round) {
    ASSERT_TRUE(pool_.Execute("DELETE FROM mab.accounts").ok());
    const storage::Account a = Insert(absl::StrCat("a", round, "@example.com"), Role::kAdmin);
    const storage::Account b = Insert(absl::StrCat("b", round, "@example.com"), Role::kAdmin);
    // An invited administrator can't sign in, and is none to count on.
    const Caller caller_a = SignIn(a), caller_b = SignIn(b);
    ASSERT_TRUE(accounts_.Invite(caller_a, "c@example.com", Role::kAdmin).ok());
    absl::Status status_a, status_b;
    std::thread thread([&] { status_a = removals[round % 3](accounts_, caller_a, b.id); });
    status_b = removals[round / 3 % 3](accounts_, caller_b, a.id);
    thread.join();
    EXPECT_NE(status_a.ok(), status_b.ok()) << status_a << status_b;
    const auto rows = pool_.Execute(
        "SELECT count(*) AS n FROM mab.accounts "
        "WHERE role = 'ADMIN' AND NOT disabled AND password_hash <> ''");
    EXPECT_EQ(rows->Int(0, "n"), 1);
  }
}

}  // namespace
}  // namespace mab::admin
