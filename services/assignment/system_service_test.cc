#include "assignment/system_service.h"

#include <gtest/gtest.h>

#include "assignment/testing/sample_snapshot.h"
#include "assignment/testing/test_server.h"

namespace mab::assignment {
namespace {

TEST(SystemServiceTest, TellsHowTheServiceIs) {
  FakeClock clock(SampleTime());
  SnapshotHolder holder;
  StickyMap map;
  absl::Duration age = absl::Seconds(2);
  SystemService::JournalFacts facts{12, 3456, true};
  CallAuthorizer authorizer("", &holder, &clock);
  SystemService service(
      {&clock, &holder, &map, [&] { return facts; }, [&] { return age; }, &authorizer});
  TestServer server({&service});
  const auto stub = v1::SystemService::NewStub(server.Connect());
  const auto get = [&] {
    grpc::ClientContext context;
    v1::GetStatusResponse response;
    EXPECT_TRUE(stub->GetStatus(&context, {}, &response).ok());
    return response;
  };
  clock.Advance(absl::Seconds(90));
  v1::GetStatusResponse status = get();
  EXPECT_FALSE(status.version().empty());
  EXPECT_EQ(status.uptime_seconds(), 90);
  EXPECT_EQ(status.checks().at("journal").status(), v1::SystemCheck::OK);
  EXPECT_EQ(status.checks().at("journal").measurements().at("lag_events"), 12);
  EXPECT_EQ(status.checks().at("journal").measurements().at("bytes"), 3456);
  EXPECT_EQ(status.checks().at("snapshot").status(), v1::SystemCheck::DOWN);
  EXPECT_EQ(status.checks().at("sticky_map").status(), v1::SystemCheck::DEGRADED);
  EXPECT_EQ(status.checks().at("sticky_map").measurements().at("complete"), 0);
  EXPECT_GT(status.checks().at("system").measurements().at("memory_mb"), 0);

  holder.Set(SampleSnapshot({}));
  map.MarkComplete();
  facts.lag_events = 1000000;
  status = get();
  EXPECT_EQ(status.checks().at("snapshot").status(), v1::SystemCheck::OK);
  EXPECT_EQ(status.checks().at("snapshot").measurements().at("age_seconds"), 2);
  EXPECT_EQ(status.checks().at("sticky_map").status(), v1::SystemCheck::OK);
  EXPECT_EQ(status.checks().at("journal").status(), v1::SystemCheck::DEGRADED);
  age = absl::Minutes(5);
  facts.accepts = false;
  status = get();
  EXPECT_EQ(status.checks().at("snapshot").status(), v1::SystemCheck::DEGRADED);
  EXPECT_EQ(status.checks().at("journal").status(), v1::SystemCheck::DOWN);
}

}  // namespace
}  // namespace mab::assignment
