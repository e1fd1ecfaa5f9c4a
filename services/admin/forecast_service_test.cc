#include "admin/forecast_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "admin/forecast_codec.h"
#include "admin/testing/fake_authorizer.h"
#include "admin/testing/test_server.h"
#include "common/error.h"

namespace mab::admin {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

const absl::Time kNow = absl::FromUnixMillis(1'800'000'000'500);

mab::v1::ForecastExperimentRequest TwoArms() {
  mab::v1::ForecastExperimentRequest request;
  request.add_rates(0.1);
  request.add_rates(0.3);
  request.set_visitors_per_day(200);
  request.set_maximum_days(30);
  request.set_runs(10);
  request.set_minimum_exposures(20);
  return request;
}

std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation : ErrorViolations(status)) fields.push_back(violation.field);
  return fields;
}

class ForecastServiceTest : public ::testing::Test {
 protected:
  // On a machine of which each look at the clock takes so long.
  grpc::Status AskWhere(std::chrono::milliseconds step,
                        const mab::v1::ForecastExperimentRequest& request,
                        mab::v1::ForecastExperimentResponse& response) {
    auto ticks = std::make_shared<std::atomic<int>>(0);
    ForecastServiceImpl service(
        {.now = [=] { return ForecastServiceImpl::Time(step * ticks->fetch_add(1)); }},
        &authorizer_);
    TestServer server({&service});
    return Ask(*mab::v1::ForecastService::NewStub(server.channel()), request, response);
  }

  grpc::Status Ask(const mab::v1::ForecastExperimentRequest& request,
                   mab::v1::ForecastExperimentResponse& response, bool signed_in = true) {
    return Ask(*stub_, request, response, signed_in);
  }

  grpc::Status Ask(mab::v1::ForecastService::Stub& stub,
                   const mab::v1::ForecastExperimentRequest& request,
                   mab::v1::ForecastExperimentResponse& response, bool signed_in = true) {
    grpc::ClientContext context;
    if (signed_in) {
      context.AddMetadata("role", "VIEWER");
    }
    return stub.ForecastExperiment(&context, request, &response);
  }

  FakeAuthorizer authorizer_;
  ForecastServiceImpl service_{{}, &authorizer_};
  TestServer server_{{&service_}};
  std::unique_ptr<mab::v1::ForecastService::Stub> stub_ =
      mab::v1::ForecastService::NewStub(server_.channel());
};

TEST_F(ForecastServiceTest, ForecastsAnExperiment) {
  mab::v1::ForecastExperimentResponse response;
  const grpc::Status status = Ask(TwoArms(), response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.runs(), 10u);
  EXPECT_TRUE(response.days_to_verdict().has_p50());
  EXPECT_NEAR(response.share_right() + response.share_wrong(), response.share_decided(), 1e-12);
  EXPECT_GT(response.lost_to_best().mean(), 0);
}

TEST_F(ForecastServiceTest, MakesFewerRunsOnAMachineThatIsBusy) {
  mab::v1::ForecastExperimentRequest request = TwoArms();
  request.set_runs(1'000);
  mab::v1::ForecastExperimentResponse response;
  const grpc::Status status = AskWhere(std::chrono::milliseconds(2), request, response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_GE(response.runs(), 3u);
  EXPECT_LT(response.runs(), 1'000u);
  // The least that it answers takes longer than it wants, and less than it may.
  const grpc::Status late = AskWhere(std::chrono::milliseconds(40), request, response);
  ASSERT_TRUE(late.ok()) << late.error_message();
  EXPECT_EQ(response.runs(), 3u);
}

TEST_F(ForecastServiceTest, IsOverloadedWhereNotEvenAFewRunsAreMadeInTime) {
  mab::v1::ForecastExperimentResponse response;
  const grpc::Status status = AskWhere(std::chrono::seconds(1), TwoArms(), response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(status), kReasonOverloaded);
}

TEST_F(ForecastServiceTest, NeedsASignedInCaller) {
  mab::v1::ForecastExperimentResponse response;
  EXPECT_EQ(Ask(TwoArms(), response, /*signed_in=*/false).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(ForecastServiceTest, RefusesWhatIsOutsideItsLimits) {
  mab::v1::ForecastExperimentRequest request = TwoArms();
  request.set_visitors_per_day(0);
  mab::v1::ForecastExperimentResponse response;
  EXPECT_EQ(Ask(request, response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST(ForecastCodecTest, TakesTheDefaultsOfTheContract) {
  mab::v1::ForecastExperimentRequest request;
  request.add_rates(0.1);
  request.add_rates(0.2);
  request.set_visitors_per_day(5);
  const absl::StatusOr<simulation::ForecastInput> input = DecodeForecast(request);
  ASSERT_TRUE(input.ok()) << input.status();
  EXPECT_THAT(input->rates, ElementsAre(0.1, 0.2));
  EXPECT_EQ(input->policy, bandit::Policy::kThompson);
  EXPECT_EQ(input->maximum_days, 90);
  EXPECT_EQ(input->prior, (bandit::Posterior{1, 1}));
  EXPECT_EQ(input->threshold_of_caring, 0.0005);
  EXPECT_EQ(input->minimum_exposures, 100u);
  EXPECT_EQ(input->conversion_window_seconds, 604'800);
  EXPECT_EQ(input->mean_delay_seconds, 0);
  EXPECT_EQ(input->runs, 200u);
  EXPECT_FALSE(input->floor.has_value());
}

TEST(ForecastCodecTest, NamesEveryFieldThatIsWrong) {
  mab::v1::ForecastExperimentRequest request = TwoArms();
  request.set_policy(static_cast<mab::v1::Experiment::Policy>(77));
  request.set_floor(0.6);
  request.mutable_prior()->set_alpha(1);
  request.set_runs(9);
  request.add_weights(1);
  EXPECT_THAT(FieldsOf(DecodeForecast(request).status()),
              UnorderedElementsAre("policy", "floor", "prior.beta", "runs", "weights"));
}

}  // namespace
}  // namespace mab::admin
