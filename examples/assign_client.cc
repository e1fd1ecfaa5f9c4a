// How an internal service asks for a variant and reports a conversion.
//
//   assign_client 127.0.0.1:8010 hero-title visitor-42
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <iostream>

#include "mab/v1/assignment_service.grpc.pb.h"

namespace {

// Every call has a deadline: no page waits for an experiment.
void SetDeadline(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(2));
}

int Fail(const grpc::Status& status) {
  std::cerr << "code " << status.error_code() << ": " << status.error_message() << "\n";
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: assign_client ADDRESS EXPERIMENT USER_ID\n";
    return 2;
  }
  const auto channel = grpc::CreateChannel(argv[1], grpc::InsecureChannelCredentials());
  const auto assignments = mab::v1::AssignmentService::NewStub(channel);

  mab::v1::AssignRequest assign;
  assign.set_experiment(argv[2]);
  assign.set_user_id(argv[3]);
  mab::v1::AssignResponse assigned;
  grpc::ClientContext assign_context;
  SetDeadline(assign_context);
  grpc::Status status = assignments->Assign(&assign_context, assign, &assigned);
  if (!status.ok()) return Fail(status);
  std::cout << assigned.ShortDebugString() << "\n";

  mab::v1::ConvertRequest convert;
  convert.set_experiment(argv[2]);
  convert.set_user_id(argv[3]);
  mab::v1::ConvertResponse converted;
  grpc::ClientContext convert_context;
  SetDeadline(convert_context);
  status = assignments->Convert(&convert_context, convert, &converted);
  if (!status.ok()) return Fail(status);
  std::cout << converted.ShortDebugString() << "\n";
}
