#include "assignment/assignment_service.h"

#include <utility>

#include "absl/time/clock.h"
#include "assignment/journal_wait.h"
#include "common/error.h"
#include "common/rpc_status.h"

namespace mab::assignment {
namespace {

absl::Status ShuttingDownError() {
  return UnavailableError(kReasonUnavailable, "the service is shutting down");
}

}  // namespace

grpc::ServerUnaryReactor* AssignmentService::Answer(grpc::CallbackServerContext* context,
                                                    AssignmentMetrics::Method method,
                                                    absl::Time begun_at,
                                                    const absl::StatusOr<JournalWait>& decided) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  auto finish = [reactor, metrics = metrics_, method, begun_at](const absl::Status& status) {
    if (!status.ok()) metrics->CountError(status);
    metrics->Observe(method, absl::Now() - begun_at);
    reactor->Finish(ToGrpcStatus(status));
  };
  if (!decided.ok()) {
    finish(decided.status());
  } else {
    WhenDone(*journal_, *decided, std::move(finish));
  }
  return reactor;
}

grpc::ServerUnaryReactor* AssignmentService::Assign(grpc::CallbackServerContext* context,
                                                    const v1::AssignRequest* request,
                                                    v1::AssignResponse* response) {
  const absl::Time begun_at = absl::Now();
  return Answer(context, AssignmentMetrics::Method::kAssign, begun_at,
                calls_->Assign(*request, response));
}

grpc::ServerUnaryReactor* AssignmentService::Expose(grpc::CallbackServerContext* context,
                                                    const v1::ExposeRequest* request,
                                                    v1::ExposeResponse* response) {
  const absl::Time begun_at = absl::Now();
  return Answer(context, AssignmentMetrics::Method::kExpose, begun_at,
                calls_->Expose(*request, response));
}

grpc::ServerUnaryReactor* AssignmentService::Convert(grpc::CallbackServerContext* context,
                                                     const v1::ConvertRequest* request,
                                                     v1::ConvertResponse* response) {
  const absl::Time begun_at = absl::Now();
  return Answer(context, AssignmentMetrics::Method::kConvert, begun_at,
                calls_->Convert(*request, response));
}

grpc::ServerUnaryReactor* AssignmentService::BatchAssign(grpc::CallbackServerContext* context,
                                                         const v1::BatchAssignRequest* request,
                                                         v1::BatchAssignResponse* response) {
  const absl::Time begun_at = absl::Now();
  return Answer(context, AssignmentMetrics::Method::kBatchAssign, begun_at,
                calls_->BatchAssign(*request, response));
}

grpc::ServerUnaryReactor* AssignmentService::BatchExpose(grpc::CallbackServerContext* context,
                                                         const v1::BatchExposeRequest* request,
                                                         v1::BatchExposeResponse* response) {
  const absl::Time begun_at = absl::Now();
  return Answer(context, AssignmentMetrics::Method::kBatchExpose, begun_at,
                calls_->BatchExpose(*request, response));
}

grpc::ServerBidiReactor<v1::StreamCallsRequest, v1::StreamCallsResponse>*
AssignmentService::StreamCalls(grpc::CallbackServerContext*) {
  auto stream = std::make_shared<CallStream>(calls_, journal_, metrics_);
  stream->Start();
  bool end_now = false;
  {
    absl::MutexLock lock(&mutex_);
    end_now = streams_ended_;
    std::erase_if(streams_, [](const auto& one) { return one.expired(); });
    streams_.push_back(stream);
  }
  if (end_now) stream->End(ShuttingDownError());
  return stream.get();
}

void AssignmentService::EndStreams() {
  std::vector<std::weak_ptr<CallStream>> streams;
  {
    absl::MutexLock lock(&mutex_);
    streams_ended_ = true;
    streams.swap(streams_);
  }
  for (const std::weak_ptr<CallStream>& one : streams) {
    if (const std::shared_ptr<CallStream> stream = one.lock()) stream->End(ShuttingDownError());
  }
}

}  // namespace mab::assignment
