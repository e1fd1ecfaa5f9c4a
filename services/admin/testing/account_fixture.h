// A database with accounts, and what works on them, for tests.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "admin/accounts.h"
#include "admin/login_delays.h"
#include "admin/own_password.h"
#include "admin/password.h"
#include "admin/password_hasher.h"
#include "admin/session.h"
#include "admin/token_authorizer.h"
#include "storage/account_store.h"
#include "storage/testing/migrated_database.h"

namespace mab::admin {

class AccountFixture : public ::testing::Test {
 protected:
  static constexpr char kPassword[] = "correct horse battery";
  static constexpr char kNewPassword[] = "nine purple llamas";
  const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

  storage::Account Insert(const std::string& email, Role role) {
    storage::Account account{.id = AccountId{Uuid::NewV7(clock_.Now())},
                             .email = email,
                             .role = role,
                             .password_hash = hasher_->Hash(kPassword).value(),
                             .disabled = false,
                             .create_time = kNow,
                             .update_time = kNow};
    EXPECT_TRUE(pool_
                    .Transaction([&](PgConnection& db) {
                      return storage::AccountStore::Insert(db, account);
                    })
                    .ok());
    return account;
  }
  // The account as a caller, in a session of its own.
  Caller SignIn(const storage::Account& account) {
    const Session session = sessions_.Open(account, std::nullopt).value();
    return Caller{.account_id = account.id,
                  .email = account.email,
                  .role = account.role,
                  .session_id = tokens_.Verify(session.access_token)->session_id,
                  .api_key_id = std::nullopt,
                  .address = "203.0.113.4"};
  }
  bool Lives(const Caller& caller) {
    bool lives = false;
    EXPECT_TRUE(pool_
                    .Transaction([&](PgConnection& db) -> absl::Status {
                      lives = storage::AccountStore::FindInSession(db, caller.account_id,
                                                                   caller.session_id, clock_.Now())
                                  .value()
                                  .has_value();
                      return absl::OkStatus();
                    })
                    .ok());
    return lives;
  }
  bool CanSignIn(const std::string& email, const std::string& password) {
    return sessions_.Login(email, password, std::nullopt).ok();
  }
  // "account address action subject before after" of each entry; what is null is left out.
  std::vector<std::string> Audit() {
    const auto rows = pool_.Execute(
        "SELECT concat_ws(' ', account_id, address, action, subject_id, before, after) AS entry "
        "FROM mab.audit_log ORDER BY id");
    std::vector<std::string> entries;
    for (int row = 0; row < rows->rows(); ++row) entries.emplace_back(rows->Text(row, "entry"));
    return entries;
  }

  storage::MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
  FakeClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  std::unique_ptr<PasswordHasher> hasher_ =
      PasswordHasher::Create({.bcrypt_cost = kBcryptCostMin}).value();
  AccessTokens tokens_{{.secret = std::string(32, 's'), .previous_secret = ""}, &clock_};
  LoginDelays delays_{{}, &clock_};
  Sessions sessions_{&pool_, hasher_.get(), &delays_, &tokens_, &clock_};
  OwnPassword own_password_{&pool_, hasher_.get(), &delays_, &clock_};
  Accounts accounts_{&pool_, &clock_};
};

}  // namespace mab::admin
