#include "admin/system_service.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "admin/snapshot_hub.h"
#include "admin/testing/test_server.h"
#include "storage/testing/migrated_database.h"

namespace mab::admin {
namespace {

using mab::v1::SystemCheck;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

// A service on one database.
struct Service {
  explicit Service(const std::string& url)
      : pool({.url = url, .connect_timeout = absl::Seconds(1)}) {}

  mab::v1::GetStatusResponse Get() {
    grpc::ClientContext context;
    mab::v1::GetStatusResponse response;
    const grpc::Status status =
        mab::v1::SystemService::NewStub(server.channel())->GetStatus(&context, {}, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  PgPool pool;
  FakeClock clock{kNow};
  SnapshotHub hub;
  Metrics metrics;
  VersionRefresher refresher{{}, &pool, &hub, &clock, metrics};
  SystemServiceImpl service{{.version = "1.2.3"}, &pool, &refresher, &clock};
  TestServer server{{&service}};
};

TEST(SystemServicePostgresTest, SaysHowItIs) {
  storage::MigratedDatabase database;
  Service service(database.url());
  ASSERT_TRUE(service.refresher.RunOnce().ok());
  service.clock.Advance(absl::Seconds(3));
  const mab::v1::GetStatusResponse status = service.Get();
  EXPECT_EQ(status.version(), "1.2.3");
  EXPECT_EQ(status.uptime_seconds(), 3);
  EXPECT_EQ(status.checks().at("database").status(), SystemCheck::OK);
  EXPECT_GT(status.checks().at("database").measurements().at("latency_ms"), 0);
  EXPECT_EQ(status.checks().at("refresher").status(), SystemCheck::OK);
  EXPECT_EQ(status.checks().at("refresher").measurements().at("age_seconds"), 3);
  EXPECT_EQ(status.checks().at("system").status(), SystemCheck::OK);
  EXPECT_GT(status.checks().at("system").measurements().at("memory_mb"), 1);
  EXPECT_GE(status.checks().at("system").measurements().at("load"), 0);
}

TEST(SystemServicePostgresTest, AnOldRefreshIsDegraded) {
  storage::MigratedDatabase database;
  Service service(database.url());
  EXPECT_EQ(service.Get().checks().at("refresher").status(), SystemCheck::DEGRADED)
      << "before the first";
  ASSERT_TRUE(service.refresher.RunOnce().ok());
  service.clock.Advance(absl::Seconds(10));
  EXPECT_EQ(service.Get().checks().at("refresher").status(), SystemCheck::OK);
  service.clock.Advance(absl::Seconds(1));
  EXPECT_EQ(service.Get().checks().at("refresher").status(), SystemCheck::DEGRADED);
}

TEST(SystemServiceTest, SaysThatTheDatabaseIsAway) {
  Service service("host=/nowhere dbname=mab");
  const mab::v1::GetStatusResponse status = service.Get();
  EXPECT_EQ(status.checks().at("database").status(), SystemCheck::DOWN);
  EXPECT_EQ(status.checks().at("system").status(), SystemCheck::OK);
}

TEST(SystemServicePostgresTest, AsksTheDatabaseOnceASecondHoweverOftenItIsAsked) {
  storage::MigratedDatabase database;
  Service service(database.url());
  const auto latency_ms = [&service] {
    return service.Get().checks().at("database").measurements().at("latency_ms");
  };
  const double first = latency_ms();
  EXPECT_EQ(latency_ms(), first) << "the same measurement";
  service.clock.Advance(absl::Seconds(1));
  EXPECT_NE(latency_ms(), first) << "a new one";
}

}  // namespace
}  // namespace mab::admin
