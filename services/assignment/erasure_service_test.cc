#include "assignment/erasure_service.h"

#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "assignment/testing/hot_path.h"
#include "assignment/testing/test_server.h"

namespace mab::assignment {
namespace {

const Uuid kJournal = Uuid::NewV7(absl::FromUnixSeconds(1'800'000'000));
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
  uint64_t cleared_through_ = 0;
  SnapshotHolder holder_;
  CallAuthorizer authorizer_{kSecret, &holder_, &path_.clock};
  ErasureService service_{{.user_key = &path_.user_key,
                           .eraser = &eraser_,
                           .authorizer = &authorizer_,
                           .journal_id = kJournal,
                           .time_max = absl::Hours(26),
                           .cleared_through = [this] { return cleared_through_; }}};
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
  EXPECT_EQ(response.journal_id(), kJournal.ToString());
  EXPECT_EQ(response.sequence(), path_.journal.appended().back().sequence);
  EXPECT_EQ(response.clear_by().seconds() - response.erased_at().seconds(), 26 * 3600);
}

TEST_F(ErasureServiceTest, SaysWhatTheJournalNoLongerHas) {
  cleared_through_ = 77;
  const auto ask = [&](const std::string& secret, v1::GetErasureProgressResponse* response) {
    grpc::ClientContext context;
    if (!secret.empty()) context.AddMetadata("mab-internal-secret", secret);
    return stub_->GetErasureProgress(&context, {}, response);
  };
  v1::GetErasureProgressResponse response;
  ASSERT_TRUE(ask(kSecret, &response).ok());
  EXPECT_EQ(response.journal_id(), kJournal.ToString());
  EXPECT_EQ(response.cleared_through(), 77u);
  EXPECT_EQ(ask("another", &response).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(ask("", &response).error_code(), grpc::StatusCode::UNAUTHENTICATED);
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
