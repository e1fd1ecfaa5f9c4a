#include "admin/startup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/synchronization/notification.h"
#include "admin/password.h"
#include "admin/snapshot_hub.h"
#include "common/testing/postgres_fixture.h"
#include "storage/settings_store.h"
#include "storage/testing/migrated_database.h"

namespace mab::admin {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
constexpr absl::Duration kPatience = absl::Seconds(60);

// All that starts with the service, on one database.
struct Service {
  explicit Service(const std::string& url)
      : pool({.url = url, .size_max = 2, .connect_timeout = absl::Seconds(1)}),
        refresher({}, &pool, &hub, &delays, &clock, metrics),
        startup({.key_fingerprint = "fingerprint",
                 .admin_email = "ada@example.com",
                 .admin_password = "correct horse battery",
                 .check_role = true,
                 .retry_min = absl::Milliseconds(10),
                 .retry_max = absl::Milliseconds(50),
                 .on_ready = [this] { ready.Notify(); }},
                &pool, &first_account, &refresher) {}
  ~Service() {
    startup.Stop();
    refresher.Stop();
  }

  PgPool pool;
  FakeClock clock{kNow};
  SnapshotHub hub;
  Metrics metrics;
  std::unique_ptr<PasswordHasher> hasher =
      PasswordHasher::Create({.bcrypt_cost = kBcryptCostMin}).value();
  FirstAccount first_account{&pool, hasher.get(), &clock, ""};
  DelayEstimates delays{{}};
  VersionRefresher refresher;
  absl::Notification ready;
  Startup startup;
};

TEST(StartupPostgresTest, IsNotReadyWithAnotherKeyThanTheDatabases) {
  storage::MigratedDatabase database;
  Service service(database.url());
  ASSERT_TRUE(storage::SettingsStore(&service.pool).CheckUserHashKey("another").ok());
  const absl::Status status = service.startup.RunOnce();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("MAB_USER_HASH_KEY"));
}

TEST(StartupPostgresTest, MakesTheServiceReady) {
  storage::MigratedDatabase database;
  Service service(database.url());
  service.startup.Start();
  ASSERT_TRUE(service.ready.WaitForNotificationWithTimeout(kPatience));
  EXPECT_EQ(service.refresher.last_success(), kNow);
  const auto accounts = service.pool.Execute("SELECT email, role FROM mab.accounts");
  ASSERT_TRUE(accounts.ok()) << accounts.status();
  ASSERT_EQ(accounts->rows(), 1);
  EXPECT_EQ(accounts->Text(0, "email"), "ada@example.com");
  EXPECT_EQ(accounts->Text(0, "role"), "ADMIN");
}

TEST(StartupPostgresTest, SaysThatItConnectsAsTheOwnerOfTheAuditLog) {
  storage::MigratedDatabase database;
  Service service(database.url());
  ::testing::internal::CaptureStdout();
  service.startup.Start();
  EXPECT_TRUE(service.ready.WaitForNotificationWithTimeout(kPatience));
  const std::string log = ::testing::internal::GetCapturedStdout();
  EXPECT_THAT(log, ::testing::HasSubstr("INSECURE: this service's role"));
  EXPECT_THAT(log, ::testing::HasSubstr("DELETE mab.audit_log"));
  EXPECT_THAT(log, ::testing::HasSubstr("MAB_ADMIN_DATABASE_URL"));
}

TEST(StartupPostgresTest, WaitsForADatabaseThatIsAway) {
  storage::MigratedDatabase database;
  PostgresFixture::Get().Stop();
  Service service(database.url());
  EXPECT_TRUE(absl::IsUnavailable(service.startup.RunOnce()));
  service.startup.Start();
  EXPECT_FALSE(service.ready.HasBeenNotified());
  PostgresFixture::Get().Start();
  EXPECT_TRUE(service.ready.WaitForNotificationWithTimeout(kPatience));
}

TEST(StartupPostgresTest, IsNotReadyWithoutTheSchema) {
  const std::string url = PostgresFixture::Get().CreateDatabase();
  {
    Service service(url);
    const absl::Status status = service.startup.RunOnce();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    service.startup.Start();
    service.startup.Stop();
    EXPECT_FALSE(service.ready.HasBeenNotified());
  }
  PostgresFixture::Get().DropDatabase(url);
}

}  // namespace
}  // namespace mab::admin
