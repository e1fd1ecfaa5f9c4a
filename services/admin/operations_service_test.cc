#include "admin/operations_service.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "admin/testing/fake_authorizer.h"
#include "admin/testing/test_experiment.h"
#include "admin/testing/test_server.h"
#include "storage/testing/migrated_database.h"

namespace mab::admin {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class OperationsServicePostgresTest : public ::testing::Test {
 protected:
  grpc::Status Get(const std::string& role, mab::v1::GetSystemResponse& response) {
    grpc::ClientContext context;
    if (!role.empty()) context.AddMetadata("role", role);
    return stub_->GetSystem(&context, {}, &response);
  }

  storage::MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
  FakeAuthorizer authorizer_;
  OperationsServiceImpl service_{&pool_, &authorizer_};
  TestServer server_{{&service_}};
  std::unique_ptr<mab::v1::OperationsService::Stub> stub_ =
      mab::v1::OperationsService::NewStub(server_.channel());
};

TEST_F(OperationsServicePostgresTest, CountsExperimentsByState) {
  mab::v1::GetSystemResponse response;
  ASSERT_TRUE(Get("VIEWER", response).ok());
  EXPECT_EQ(response.experiments().running(), 0);
  using storage::ExperimentState;
  int number = 0;
  for (const ExperimentState state :
       {ExperimentState::kRunning, ExperimentState::kRunning, ExperimentState::kDraft,
        ExperimentState::kArchived, ExperimentState::kCompleted, ExperimentState::kPaused}) {
    storage::Experiment experiment = MakeTestExperiment(absl::StrCat("e", ++number), 2, kNow);
    experiment.state = state;
    ASSERT_TRUE(InsertExperiment(pool_, experiment).ok());
  }
  ASSERT_TRUE(Get("VIEWER", response).ok());
  EXPECT_EQ(response.experiments().running(), 2);
  EXPECT_EQ(response.experiments().draft(), 1);
  EXPECT_EQ(response.experiments().paused(), 1);
  EXPECT_EQ(response.experiments().completed(), 1);
  EXPECT_EQ(response.experiments().archived(), 1);
}

TEST_F(OperationsServicePostgresTest, NeedsASignedInCaller) {
  mab::v1::GetSystemResponse response;
  EXPECT_EQ(Get("", response).error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

}  // namespace
}  // namespace mab::admin
