#include "assignment/erasure_service.h"

#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "assignment/testing/hot_path.h"
#include "assignment/testing/test_server.h"

namespace mab::assignment {
namespace {

constexpr char kSecret[] = "0123456789abcdef0123456789abcdef";

class ErasureServiceTest : public testing::Test {
 protected:
  ErasureServiceTest() { path_.SetExperiments({experiment_}); }

  grpc::Status Erase(const std::string& user, v1::EraseUserResponse* response,
                     const std::string& secret = kSecret) {
    grpc::ClientContext context;
    if (!secret.empty()) context.AddMetadata("mab-internal-secret", secret);
    v1::EraseUserRequest request;
    request.set_user_id(user);
    return stub_->EraseUser(&context, request, response);
  }

  SnapshotExperiment experiment_ = SampleExperiment(1);
  HotPath path_;
  Eraser eraser_{&path_.journal, &path_.sticky_map, &path_.clock};
  ErasureService service_{&path_.user_key, &eraser_, kSecret};
  TestServer server_{{&service_}};
  std::unique_ptr<v1::ErasureService::Stub> stub_ = v1::ErasureService::NewStub(server_.Connect());
};

TEST_F(ErasureServiceTest, ErasesAVisitor) {
  ASSERT_TRUE(path_.Assign(experiment_.key, "ann").ok());
  v1::EraseUserResponse response;
  const grpc::Status status = Erase("ann", &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.assignments(), 1u);
  EXPECT_EQ(response.erased_at().seconds(), absl::ToUnixSeconds(path_.clock.Now()));
  EXPECT_EQ(path_.sticky_map.size(), 0u);
}

TEST_F(ErasureServiceTest, IsForOurOwnServices) {
  v1::EraseUserResponse response;
  EXPECT_EQ(Erase("ann", &response, "").error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(Erase("ann", &response, "another").error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(ErasureServiceTest, RefusesAnIdThatNobodyHas) {
  v1::EraseUserResponse response;
  EXPECT_EQ(Erase("", &response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Erase(std::string(257, 'u'), &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(Erase(std::string(256, 'u'), &response).ok());
}

TEST_F(ErasureServiceTest, SaysThatItCannotBeRecorded) {
  path_.journal.SetFull(true);
  v1::EraseUserResponse response;
  EXPECT_EQ(Erase("ann", &response).error_code(), grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace mab::assignment
