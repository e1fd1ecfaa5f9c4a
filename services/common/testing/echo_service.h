// A gRPC service for tests of what is around services: /mab.test.Echo/Call answers with what it was
// sent.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/impl/client_unary_call.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/method_handler.h>

#include <functional>
#include <memory>
#include <string>

#include "google/protobuf/wrappers.pb.h"

namespace mab {

using EchoMessage = google::protobuf::StringValue;

// Thread-safe. `during` runs in every call, on the call's thread.
class EchoService final : public grpc::Service {
 public:
  explicit EchoService(std::function<void(grpc::ServerContext&)> during = nullptr)
      : during_(std::move(during)) {
    using Handler = grpc::internal::RpcMethodHandler<EchoService, EchoMessage, EchoMessage,
                                                     google::protobuf::MessageLite,
                                                     google::protobuf::MessageLite>;
    AddMethod(new grpc::internal::RpcServiceMethod(
        kMethod, grpc::internal::RpcMethod::NORMAL_RPC,
        new Handler(
            [](EchoService* service, grpc::ServerContext* context, const EchoMessage* request,
               EchoMessage* response) {
              if (service->during_ != nullptr) service->during_(*context);
              *response = *request;
              return grpc::Status::OK;
            },
            this)));
  }

  static grpc::Status Call(grpc::Channel& channel, grpc::ClientContext& context,
                           const EchoMessage& request, EchoMessage& response) {
    const grpc::internal::RpcMethod method(kMethod, grpc::internal::RpcMethod::NORMAL_RPC);
    return grpc::internal::BlockingUnaryCall<
        EchoMessage, EchoMessage, google::protobuf::MessageLite, google::protobuf::MessageLite>(
        &channel, method, &context, request, &response);
  }

 private:
  static constexpr char kMethod[] = "/mab.test.Echo/Call";
  const std::function<void(grpc::ServerContext&)> during_;
};

}  // namespace mab
