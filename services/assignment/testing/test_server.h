// A gRPC server with given services on a free port of this machine, and a channel to it.
#pragma once

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/rpc_server.h"

namespace mab::assignment {

class TestServer {
 public:
  explicit TestServer(std::vector<grpc::Service*> services) {
    RpcServer::Options options;
    options.listen = "127.0.0.1:0";
    options.services = std::move(services);
    absl::StatusOr<std::unique_ptr<RpcServer>> server = RpcServer::Create(options);
    if (!server.ok()) {
      ADD_FAILURE() << server.status();
      std::abort();
    }
    server_ = *std::move(server);
  }

  RpcServer& server() { return *server_; }
  const std::string& address() const { return server_->address(); }
  std::shared_ptr<grpc::Channel> Connect() const {
    return grpc::CreateChannel(address(), grpc::InsecureChannelCredentials());
  }

 private:
  std::unique_ptr<RpcServer> server_;
};

}  // namespace mab::assignment
