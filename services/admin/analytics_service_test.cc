#include "admin/analytics_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "admin/snapshot_hub.h"
#include "admin/testing/fake_authorizer.h"
#include "admin/testing/test_experiment.h"
#include "admin/testing/test_server.h"
#include "admin/version_refresher.h"
#include "common/error.h"
#include "storage/testing/migrated_database.h"

namespace mab::admin {
namespace {

const absl::Time kNow = absl::FromUnixMillis(1'800'000'000'500);

class AnalyticsServicePostgresTest : public ::testing::Test {
 protected:
  grpc::Status Get(const std::string& id, mab::v1::GetAnalyticsResponse& response,
                   bool signed_in = true) {
    grpc::ClientContext context;
    if (signed_in) {
      context.AddMetadata("role", "VIEWER");
    }
    mab::v1::GetAnalyticsRequest request;
    request.set_id(id);
    return stub_->GetAnalytics(&context, request, &response);
  }

  storage::MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
  FakeClock clock_{kNow};
  FakeAuthorizer authorizer_;
  DelayEstimates delays_{{}};
  AnalyticsServiceImpl service_{&pool_, &authorizer_, &delays_, &clock_};
  TestServer server_{{&service_}};
  std::unique_ptr<mab::v1::AnalyticsService::Stub> stub_ =
      mab::v1::AnalyticsService::NewStub(server_.channel());
};

TEST_F(AnalyticsServicePostgresTest, SaysWhatAnExperimentHasLearned) {
  storage::Experiment experiment = MakeTestExperiment("hero", 2, kNow);
  ASSERT_TRUE(InsertExperiment(pool_, experiment).ok());
  ASSERT_TRUE(SetTotals(pool_, experiment.id, 0, 7990, 370).ok());
  ASSERT_TRUE(SetTotals(pool_, experiment.id, 1, 12010, 640).ok());
  SnapshotHub hub;
  Metrics metrics;
  VersionRefresher refresher({}, &pool_, &hub, &delays_, &clock_, metrics);
  ASSERT_TRUE(refresher.RunOnce().ok());

  for (const std::string& id : {experiment.id.ToString(), experiment.key}) {
    mab::v1::GetAnalyticsResponse response;
    const grpc::Status status = Get(id, response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.experiment_id(), experiment.id.ToString());
    EXPECT_EQ(response.experiment_key(), "hero");
    EXPECT_EQ(response.version(), 1'800'000'000'500.0);
    EXPECT_EQ(response.as_of().seconds(), 1'800'000'000);
    EXPECT_EQ(response.as_of().nanos(), 500'000'000);
    EXPECT_EQ(response.exposures(), 20000);
    EXPECT_EQ(response.conversions(), 1010);
    EXPECT_EQ(response.credible_level(), 0.95);
    ASSERT_EQ(response.variants_size(), 2);
    const mab::v1::VariantAnalytics& b = response.variants(1);
    EXPECT_EQ(b.variant().id(), experiment.variants[1].id.ToString());
    EXPECT_EQ(b.variant().key(), "v1");
    EXPECT_EQ(b.variant().name(), "Variant 1");
    EXPECT_TRUE(response.variants(0).variant().is_control());
    EXPECT_EQ(b.exposures(), 12010);
    EXPECT_EQ(b.conversions(), 640);
    EXPECT_EQ(b.rate(), 640.0 / 12010.0);
    EXPECT_EQ(b.posterior().alpha(), 641);
    EXPECT_EQ(b.posterior().beta(), 11371);
    EXPECT_NEAR(b.posterior().mean(), 0.05336, 5e-6);
    EXPECT_NEAR(b.credible_interval().lower(), 0.04942, 5e-6);
    EXPECT_NEAR(b.credible_interval().upper(), 0.05745, 5e-6);
    EXPECT_NEAR(b.probability_best(), 0.98644, 5e-6);
    EXPECT_NEAR(b.expected_loss(), 0.0000152, 5e-8);
    EXPECT_NEAR(b.allocation(), 0.97671, 5e-6);
  }
}

TEST_F(AnalyticsServicePostgresTest, ADraftHasNoVersionYet) {
  storage::Experiment experiment = MakeTestExperiment("hero", 4, kNow);
  experiment.state = storage::ExperimentState::kDraft;
  ASSERT_TRUE(InsertExperiment(pool_, experiment).ok());
  mab::v1::GetAnalyticsResponse response;
  ASSERT_TRUE(Get("hero", response).ok());
  EXPECT_EQ(response.version(), 0);
  ASSERT_EQ(response.variants_size(), 4);
  EXPECT_NEAR(response.variants(3).allocation(), 0.25, 1e-9);
  EXPECT_EQ(response.variants(3).rate(), 0);
}

TEST_F(AnalyticsServicePostgresTest, AnUnknownExperimentIsNotFound) {
  mab::v1::GetAnalyticsResponse response;
  for (const std::string& id :
       {std::string("nowhere"), std::string(), std::string(100'000, 'x'),
        ExperimentId{Uuid::NewV7(kNow)}.ToString(), std::string("a\0b", 3)}) {
    const grpc::Status status = Get(id, response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND) << status.error_message();
    EXPECT_EQ(ReasonOf(status), kReasonExperimentNotFound);
  }
}

TEST_F(AnalyticsServicePostgresTest, NeedsASignedInCaller) {
  mab::v1::GetAnalyticsResponse response;
  EXPECT_EQ(Get("hero", response, /*signed_in=*/false).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
}

}  // namespace
}  // namespace mab::admin
