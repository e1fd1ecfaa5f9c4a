// A real gRPC server on a free port of loopback, for the tests of services.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/rpc_server.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace mab::admin {

class TestServer {
 public:
  explicit TestServer(std::vector<grpc::Service*> services)
      : server_(
            RpcServer::Create({.listen = "127.0.0.1:0", .services = std::move(services)}).value()),
        channel_(grpc::CreateChannel(server_->address(), grpc::InsecureChannelCredentials())) {}
  ~TestServer() { server_->Shutdown(absl::Seconds(5)); }

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  const std::vector<std::string>& service_names() const { return server_->service_names(); }
  void Shutdown(absl::Duration grace) { server_->Shutdown(grace); }

 private:
  std::unique_ptr<RpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

// google.rpc.ErrorInfo.reason of an answer; empty where it has none.
inline std::string ReasonOf(const grpc::Status& status) {
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return "";
  for (const auto& detail : details.details()) {
    google::rpc::ErrorInfo info;
    if (detail.UnpackTo(&info)) return info.reason();
  }
  return "";
}

// The fields that an answer complains about.
inline std::vector<std::string> FieldsOf(const grpc::Status& status) {
  std::vector<std::string> fields;
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return fields;
  for (const auto& detail : details.details()) {
    google::rpc::BadRequest bad;
    if (!detail.UnpackTo(&bad)) continue;
    for (const auto& violation : bad.field_violations()) fields.push_back(violation.field());
  }
  return fields;
}

}  // namespace mab::admin
