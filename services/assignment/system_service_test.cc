#include "assignment/system_service.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "assignment/testing/sample_snapshot.h"
#include "assignment/testing/test_server.h"

namespace mab::assignment {
namespace {

TEST(SystemServiceTest, TellsHowTheServiceIs) {
  FakeClock clock(SampleTime());
  SnapshotHolder holder;
  StickyMap map;
  absl::Duration age = absl::Seconds(2);
  SystemService::JournalFacts facts{12, 3456, true, false, absl::Seconds(3)};
  TrafficCounts counts;
  TrafficMeter traffic([&] { return counts; }, &clock);
  CallAuthorizer authorizer("", &holder, &clock);
  SystemService service(
      {&clock, &holder, &map, [&] { return facts; }, [&] { return age; }, &authorizer, &traffic});
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
  EXPECT_EQ(status.checks().at("journal").measurements().at("lag_seconds"), 3);
  EXPECT_EQ(status.checks().at("traffic").measurements().at("window_seconds"), 0);
  EXPECT_EQ(status.checks().at("snapshot").status(), v1::SystemCheck::DOWN);
  EXPECT_FALSE(status.checks().contains("experiments"));
  EXPECT_EQ(status.checks().at("sticky_map").status(), v1::SystemCheck::DEGRADED);
  EXPECT_EQ(status.checks().at("sticky_map").measurements().at("complete"), 0);
  EXPECT_EQ(status.experiments_fingerprint(), 0u);
  EXPECT_GT(status.checks().at("system").measurements().at("memory_mb"), 0);

  SnapshotExperiment running = SampleExperiment(1);
  SnapshotExperiment paused = SampleExperiment(2);
  paused.state = ExperimentState::kPaused;
  holder.Set(SampleSnapshot({running, paused}));
  traffic.Sample();
  counts = {.assigns = 50, .conversions = 5, .exposures = 40};
  clock.Advance(absl::Milliseconds(9999));
  traffic.Sample();
  map.MarkComplete();
  facts.lag_events = 1000000;
  status = get();
  EXPECT_EQ(status.experiments_fingerprint(), FingerprintOf(*holder.Get()));
  EXPECT_EQ(status.checks().at("snapshot").status(), v1::SystemCheck::OK);
  EXPECT_EQ(status.checks().at("snapshot").measurements().at("age_seconds"), 2);
  EXPECT_EQ(status.checks().at("experiments").measurements().at("running"), 1);
  const double made = static_cast<double>(running.version->number) / 1000;
  EXPECT_NEAR(status.checks().at("experiments").measurements().at("version_age_seconds"),
              std::max(0.0, absl::ToUnixMicros(clock.Now()) / 1e6 - made), 0.001);
  const auto& rates = status.checks().at("traffic").measurements();
  EXPECT_NEAR(rates.at("assigns_per_second"), 5, 0.001);
  EXPECT_NEAR(rates.at("conversions_per_second"), 0.5, 0.001);
  EXPECT_NEAR(rates.at("exposures_per_second"), 4, 0.001);
  EXPECT_EQ(rates.at("window_seconds"), 10);
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
