// How an internal service asks for a variant and reports a conversion. It shows an API key with the
// scope ASSIGN, which the environment has: a command line can be read by every program of the
// machine.
//
//   MAB_API_KEY=mab_… assign_client 127.0.0.1:8010 hero-title visitor-42
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>

#include "mab/v1/assignment_service.grpc.pb.h"

namespace {

// Every call has a deadline: no page waits for an experiment.
void Prepare(grpc::ClientContext& context, const std::string& api_key) {
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(2));
  context.AddMetadata("authorization", "Bearer " + api_key);
}

int Fail(const grpc::Status& status) {
  std::cerr << "code " << status.error_code() << ": " << status.error_message() << "\n";
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const char* const api_key = std::getenv("MAB_API_KEY");
  if (argc != 4 || api_key == nullptr) {
    std::cerr << "usage: MAB_API_KEY=mab_… assign_client ADDRESS EXPERIMENT USER_ID\n";
    return 2;
  }
  const auto channel = grpc::CreateChannel(argv[1], grpc::InsecureChannelCredentials());
  const auto assignments = mab::v1::AssignmentService::NewStub(channel);

  mab::v1::AssignRequest assign;
  assign.set_experiment(argv[2]);
  assign.set_user_id(argv[3]);
  mab::v1::AssignResponse assigned;
  grpc::ClientContext assign_context;
  Prepare(assign_context, api_key);
  grpc::Status status = assignments->Assign(&assign_context, assign, &assigned);
  if (!status.ok()) return Fail(status);
  std::cout << assigned.ShortDebugString() << "\n";

  mab::v1::ConvertRequest convert;
  convert.set_experiment(argv[2]);
  convert.set_user_id(argv[3]);
  mab::v1::ConvertResponse converted;
  grpc::ClientContext convert_context;
  Prepare(convert_context, api_key);
  status = assignments->Convert(&convert_context, convert, &converted);
  if (!status.ok()) return Fail(status);
  std::cout << converted.ShortDebugString() << "\n";
}
