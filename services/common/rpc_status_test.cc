#include "common/rpc_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/error.h"
#include "google/rpc/error_details.pb.h"

namespace mab {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The detail of type T, or an empty one.
template <typename T>
T Detail(const google::rpc::Status& status) {
  T detail;
  for (const auto& any : status.details()) {
    if (any.UnpackTo(&detail)) break;
  }
  return detail;
}

google::rpc::Status Sent(const absl::Status& status) {
  const grpc::Status sent = ToGrpcStatus(status);
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(sent.error_details()));
  EXPECT_EQ(details.code(), static_cast<int>(sent.error_code()));
  EXPECT_EQ(details.message(), sent.error_message());
  return details;
}

TEST(RpcStatusTest, OkIsOk) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
  EXPECT_EQ(ToRpcStatusProto(absl::OkStatus()).details_size(), 0);
}

TEST(RpcStatusTest, AnErrorKeepsItsCodeTextAndReason) {
  const google::rpc::Status sent =
      Sent(NotFoundError(kReasonExperimentNotFound, "no experiment \"x\""));
  EXPECT_EQ(sent.code(), 5);
  EXPECT_EQ(sent.message(), "no experiment \"x\"");
  EXPECT_EQ(Detail<google::rpc::ErrorInfo>(sent).reason(), "EXPERIMENT_NOT_FOUND");
  EXPECT_EQ(Detail<google::rpc::ErrorInfo>(sent).domain(), "mab");
}

TEST(RpcStatusTest, BadInputNamesEveryField) {
  Violations violations;
  violations.Add("name", "must not be empty");
  violations.Add("floor", "must be 0 to 0.5");
  const auto bad_request = Detail<google::rpc::BadRequest>(Sent(violations.ToStatus()));
  ASSERT_EQ(bad_request.field_violations_size(), 2);
  EXPECT_EQ(bad_request.field_violations(1).field(), "floor");
  EXPECT_EQ(bad_request.field_violations(1).description(), "must be 0 to 0.5");
}

TEST(RpcStatusTest, NoMoreFieldsAreNamedThanFitInMetadata) {
  Violations violations;
  for (int i = 0; i < 100; ++i) violations.Add("field", std::string(200, 'x'));
  const google::rpc::Status sent = Sent(violations.ToStatus());
  const auto bad_request = Detail<google::rpc::BadRequest>(sent);
  EXPECT_GT(bad_request.field_violations_size(), 10);
  EXPECT_LE(bad_request.ByteSizeLong(), 4096u);
  EXPECT_THAT(sent.message(), HasSubstr("(and 99 more)"));
}

TEST(RpcStatusTest, ARetryHintIsSent) {
  const auto sent =
      Sent(UnavailableError(kReasonOverloaded, "busy", std::chrono::milliseconds(1500)));
  const auto retry = Detail<google::rpc::RetryInfo>(sent);
  EXPECT_EQ(retry.retry_delay().seconds(), 1);
  EXPECT_EQ(retry.retry_delay().nanos(), 500'000'000);
}

TEST(RpcStatusTest, TheTextOfAnInternalErrorStaysInTheLog) {
  for (const absl::Status& status :
       {InternalError("password=hunter2"), absl::NotFoundError("password=hunter2"),
        absl::InvalidArgumentError("password=hunter2")}) {
    ::testing::internal::CaptureStdout();
    const google::rpc::Status sent = Sent(status);
    EXPECT_THAT(::testing::internal::GetCapturedStdout(), HasSubstr("hunter2"));
    EXPECT_EQ(sent.code(), 13);
    EXPECT_EQ(sent.message(), "internal error");
    EXPECT_EQ(Detail<google::rpc::ErrorInfo>(sent).reason(), "INTERNAL");
    EXPECT_THAT(sent.DebugString(), Not(HasSubstr("hunter2")));
  }
}

TEST(RpcStatusTest, AnUnavailableOfALibraryGetsAReasonAndAHint) {
  ::testing::internal::CaptureStdout();
  const google::rpc::Status sent = Sent(absl::UnavailableError("connection to 10.0.0.1 refused"));
  EXPECT_THAT(::testing::internal::GetCapturedStdout(), HasSubstr("10.0.0.1"));
  EXPECT_EQ(sent.code(), 14);
  EXPECT_EQ(sent.message(), "temporarily unavailable");
  EXPECT_EQ(Detail<google::rpc::ErrorInfo>(sent).reason(), "UNAVAILABLE");
  EXPECT_EQ(Detail<google::rpc::RetryInfo>(sent).retry_delay().seconds(), 1);
}

}  // namespace
}  // namespace mab
