#include "admin/system_service.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

#include "admin/snapshot_hub.h"
#include "admin/testing/fake_authorizer.h"
#include "admin/testing/test_server.h"
#include "storage/testing/migrated_database.h"

namespace mab::admin {
namespace {

using mab::v1::SystemCheck;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

// A service on one database.
struct Service {
  explicit Service(const std::string& url)
      : pool({.url = url, .connect_timeout = absl::Seconds(1)}),
        probe({.url = url, .interval = absl::Milliseconds(5), .clock = &system_clock}) {
    probe.Start();
  }

  mab::v1::GetStatusResponse Get() {
    grpc::ClientContext context;
    mab::v1::GetStatusResponse response;
    const grpc::Status status =
        mab::v1::SystemService::NewStub(server.channel())->GetStatus(&context, {}, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  PgPool pool;
  SystemClock system_clock;
  FakeClock clock{kNow};
  DatabaseProbe probe;
  SnapshotHub hub;
  Metrics metrics;
  DelayEstimates delays{{}};
  VersionRefresher refresher{{}, &pool, &hub, &delays, &clock, metrics};
  FakeAuthorizer authorizer;
  SystemServiceImpl service{{.version = "1.2.3"}, &authorizer, &probe, &refresher, &clock};
  TestServer server{{&service}};
};

TEST(SystemServicePostgresTest, SaysHowItIs) {
  storage::MigratedDatabase database;
  Service service(database.url());
  ASSERT_TRUE(service.refresher.RunOnce().ok());
  service.clock.Advance(absl::Seconds(3));
  while (!service.probe.result().status.ok()) std::this_thread::yield();
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

}  // namespace
}  // namespace mab::admin
