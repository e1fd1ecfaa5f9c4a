// A database with one account, for the tests of what belongs to accounts.
#pragma once

#include <gtest/gtest.h>

#include <functional>

#include "storage/account_store.h"
#include "storage/testing/migrated_database.h"

namespace mab::storage {

class OneAccountFixture : public ::testing::Test {
 protected:
  static constexpr absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

  OneAccountFixture() : pool_({.url = database_.url()}) {
    Transaction([this](PgConnection& db) {
      return AccountStore::Insert(db, Account{.id = account_id_,
                                              .email = "ada@example.com",
                                              .role = Role::kViewer,
                                              .password_hash = "",
                                              .disabled = false,
                                              .create_time = kNow,
                                              .update_time = kNow});
    });
  }

  void Transaction(const std::function<absl::Status(PgConnection&)>& body) {
    const absl::Status status = pool_.Transaction(body);
    ASSERT_TRUE(status.ok()) << status;
  }

  MigratedDatabase database_;
  PgPool pool_;
  const AccountId account_id_{Uuid::NewV7(kNow)};
};

}  // namespace mab::storage
