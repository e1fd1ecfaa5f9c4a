// What a test of who may call what needs: the methods that a server has, and calls of any of them.
#pragma once

#include <google/protobuf/descriptor.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/rpc_server.h"

namespace mab {

using CallMetadata = std::vector<std::pair<std::string, std::string>>;

// "mab.v1.ExperimentService/GetExperiment", of all of our RPCs among these services.
inline std::vector<std::string> MethodsOf(const std::vector<std::string>& service_names) {
  std::vector<std::string> methods;
  for (const std::string& name : service_names) {
    if (!absl::StartsWith(name, "mab.")) continue;
    const google::protobuf::ServiceDescriptor* service =
        google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(name);
    EXPECT_NE(service, nullptr) << name;
    for (int i = 0; i < service->method_count(); ++i) {
      methods.push_back(absl::StrCat(name, "/", service->method(i)->name()));
    }
  }
  return methods;
}

// Calls it with an empty message. A stream that opens ends with the deadline.
inline grpc::StatusCode CallEmpty(grpc::GenericStub& stub, const std::string& method,
                                  const CallMetadata& metadata, absl::Duration deadline) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(deadline));
  for (const auto& [name, value] : metadata) context.AddMetadata(name, value);
  grpc::CompletionQueue queue;
  const grpc::Slice empty;
  const grpc::ByteBuffer message(&empty, 1);
  const auto call = stub.PrepareUnaryCall(&context, "/" + method, message, &queue);
  call->StartCall();
  grpc::ByteBuffer response;
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  return status.error_code();
}

}  // namespace mab
