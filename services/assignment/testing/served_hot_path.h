// The assignment service as a client meets it: through a real server, on a journal in memory. The
// stub is one of our own services'.
#pragma once

#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "assignment/assignment_service.h"
#include "assignment/testing/hot_path.h"
#include "assignment/testing/internal_channel.h"
#include "assignment/testing/test_server.h"
#include "common/api_key.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace mab::assignment {

class ServedHotPath : public testing::Test {
 protected:
  ServedHotPath() {
    SnapshotExperiment draft = SampleExperiment(9);
    draft.state = ExperimentState::kDraft;
    google::protobuf::Value payload;
    (*payload.mutable_struct_value()->mutable_fields())["text"].set_string_value("Ship today");
    for (SnapshotVariant& variant : experiment_.variants) {
      variant.payload_wire = payload.SerializeAsString();
    }
    holder_.Set(SampleSnapshot({experiment_, SampleExperiment(2, 5), draft}));
  }
  ~ServedHotPath() override { path_.journal.Sync(); }

  v1::AssignRequest AssignRequestOf(const std::string& user) {
    v1::AssignRequest request;
    request.set_experiment(experiment_.key);
    request.set_user_id(user);
    return request;
  }
  grpc::Status Assign(const std::string& user, v1::AssignResponse* response) {
    grpc::ClientContext context;
    return stub_->Assign(&context, AssignRequestOf(user), response);
  }
  grpc::Status Convert(const v1::ConvertRequest& request, v1::ConvertResponse* response) {
    grpc::ClientContext context;
    return stub_->Convert(&context, request, response);
  }
  static google::rpc::Status DetailsOf(const grpc::Status& status) {
    google::rpc::Status details;
    EXPECT_TRUE(details.ParseFromString(status.error_details()));
    return details;
  }
  static std::string ReasonOf(const google::rpc::Status& status) {
    google::rpc::ErrorInfo info;
    for (const auto& detail : status.details()) {
      if (detail.UnpackTo(&info)) return info.reason();
    }
    return "";
  }
  static std::string ReasonOf(const grpc::Status& status) { return ReasonOf(DetailsOf(status)); }
  static std::vector<std::string> FieldsOf(const grpc::Status& status) {
    std::vector<std::string> fields;
    google::rpc::BadRequest bad;
    const google::rpc::Status details = DetailsOf(status);
    for (const auto& detail : details.details()) {
      if (!detail.UnpackTo(&bad)) continue;
      for (const auto& violation : bad.field_violations()) fields.push_back(violation.field());
    }
    return fields;
  }
  // The API keys of the snapshot: their secrets, and when they expire.
  void SetCallerKeys(const std::vector<std::pair<std::string, absl::Time>>& keys) {
    std::vector<CallerKeyPtr> caller_keys;
    for (const auto& [secret, expire_time] : keys) {
      caller_keys.push_back(std::make_shared<const CallerKey>(
          ApiKeyId{Uuid::NewV7(SampleTime())}, HashApiKeySecret(secret).value(), expire_time));
    }
    auto snapshot = std::make_shared<Snapshot>(*holder_.Get());
    snapshot->caller_keys = std::make_shared<const CallerKeys>(caller_keys);
    holder_.Set(snapshot);
  }
  // A key of that kind, in place of all others.
  std::string SetCallerKey(CallerKeySettings settings) {
    std::string secret = NewApiKeySecret();
    auto snapshot = std::make_shared<Snapshot>(*holder_.Get());
    snapshot->caller_keys = std::make_shared<const CallerKeys>(
        std::vector<CallerKeyPtr>{std::make_shared<const CallerKey>(
            ApiKeyId{Uuid::NewV7(SampleTime())}, HashApiKeySecret(secret).value(),
            absl::InfiniteFuture(), settings)});
    holder_.Set(snapshot);
    return secret;
  }
  double Counted(const std::string& name, const std::string& label, const std::string& value) {
    return metrics_registry_.Counter(name, "", {{label, value}}).Value();
  }

  HotPath path_;
  SnapshotExperiment experiment_ = SampleExperiment(1);
  SnapshotHolder holder_;
  Metrics metrics_registry_;
  AssignmentMetrics metrics_{metrics_registry_};
  AssignmentCalls calls_{
      {&holder_, &path_.user_key, &path_.assigner, &path_.exposer, &path_.converter, &metrics_}};
  CallAuthorizer authorizer_{kInternalSecret, &holder_, &path_.clock};
  AssignmentService service_{&authorizer_, &calls_, &path_.journal, &metrics_};
  TestServer server_{{&service_}};
  std::unique_ptr<v1::AssignmentService::Stub> stub_ =
      v1::AssignmentService::NewStub(ConnectInternally(server_.address()));
};

}  // namespace mab::assignment
