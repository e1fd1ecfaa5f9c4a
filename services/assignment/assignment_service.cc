#include "assignment/assignment_service.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "assignment/caller_codec.h"
#include "assignment/journal_wait.h"
#include "common/error.h"
#include "common/rpc_status.h"
#include "common/status_macros.h"

namespace mab::assignment {
namespace {

absl::Status ShuttingDownError() {
  return UnavailableError(kReasonUnavailable, "the service is shutting down");
}

absl::Status TooManyStreamsError() {
  return UnavailableError(
      kReasonOverloaded,
      absl::StrCat("an API key may have ", AssignmentService::kStreamsPerKeyMax, " streams open"));
}

}  // namespace

template <typename Call>
absl::StatusOr<JournalWait> AssignmentService::Decide(const grpc::ServerContextBase& context,
                                                      absl::string_view method,
                                                      const Call& call) const {
  MAB_ASSIGN_OR_RETURN(const CallSource source, authorizer_->Authorize(context, method));
  return call(source, source.Believe(DecodeCaller(context)));
}

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
                Decide(*context, "mab.v1.AssignmentService/Assign",
                       [&](const CallSource&, const Caller& caller) {
                         return calls_->Assign(*request, response, caller);
                       }));
}

grpc::ServerUnaryReactor* AssignmentService::Expose(grpc::CallbackServerContext* context,
                                                    const v1::ExposeRequest* request,
                                                    v1::ExposeResponse* response) {
  const absl::Time begun_at = absl::Now();
  return Answer(context, AssignmentMetrics::Method::kExpose, begun_at,
                Decide(*context, "mab.v1.AssignmentService/Expose",
                       [&](const CallSource&, const Caller& caller) {
                         return calls_->Expose(*request, response, caller);
                       }));
}

grpc::ServerUnaryReactor* AssignmentService::Convert(grpc::CallbackServerContext* context,
                                                     const v1::ConvertRequest* request,
                                                     v1::ConvertResponse* response) {
  const absl::Time begun_at = absl::Now();
  return Answer(context, AssignmentMetrics::Method::kConvert, begun_at,
                Decide(*context, "mab.v1.AssignmentService/Convert",
                       [&](const CallSource&, const Caller& caller) {
                         return calls_->Convert(*request, response, caller);
                       }));
}

grpc::ServerUnaryReactor* AssignmentService::BatchAssign(grpc::CallbackServerContext* context,
                                                         const v1::BatchAssignRequest* request,
                                                         v1::BatchAssignResponse* response) {
  const absl::Time begun_at = absl::Now();
  return Answer(context, AssignmentMetrics::Method::kBatchAssign, begun_at,
                Decide(*context, "mab.v1.AssignmentService/BatchAssign",
                       [&](const CallSource&, const Caller& caller) {
                         return calls_->BatchAssign(*request, response, caller);
                       }));
}

grpc::ServerUnaryReactor* AssignmentService::BatchExpose(grpc::CallbackServerContext* context,
                                                         const v1::BatchExposeRequest* request,
                                                         v1::BatchExposeResponse* response) {
  const absl::Time begun_at = absl::Now();
  return Answer(context, AssignmentMetrics::Method::kBatchExpose, begun_at,
                Decide(*context, "mab.v1.AssignmentService/BatchExpose",
                       [&](const CallSource&, const Caller& caller) {
                         return calls_->BatchExpose(*request, response, caller);
                       }));
}

grpc::ServerUnaryReactor* AssignmentService::AssignAll(grpc::CallbackServerContext* context,
                                                       const v1::AssignAllRequest* request,
                                                       v1::AssignAllResponse* response) {
  const absl::Time begun_at = absl::Now();
  return Answer(context, AssignmentMetrics::Method::kAssignAll, begun_at,
                Decide(*context, "mab.v1.AssignmentService/AssignAll",
                       [&](const CallSource& source, const Caller& caller) {
                         const bool expose =
                             source.key != nullptr && source.key->settings().bulk_exposes;
                         return calls_->AssignAll(*request, expose, response, caller);
                       }));
}

grpc::ServerBidiReactor<v1::StreamCallsRequest, v1::StreamCallsResponse>*
AssignmentService::StreamCalls(grpc::CallbackServerContext* context) {
  const absl::StatusOr<CallSource> source =
      authorizer_->Authorize(*context, "mab.v1.AssignmentService/StreamCalls");
  if (!source.ok()) metrics_->CountError(source.status());
  const CallerKeyPtr key = source.ok() ? source->key : nullptr;
  auto stream = std::make_shared<CallStream>(calls_, journal_, metrics_, key, context);
  if (!source.ok()) {
    stream->Refuse(source.status());
    return stream.get();
  }
  bool end_now = false, too_many = false;
  {
    absl::MutexLock lock(&mutex_);
    end_now = streams_ended_;
    std::erase_if(streams_, [](const auto& one) { return one.stream.expired(); });
    too_many = key != nullptr && CountStreams(*key) >= kStreamsPerKeyMax;
    if (!too_many) {
      stream->Start();
      streams_.push_back({stream, key});
    }
  }
  if (too_many) {
    const absl::Status status = TooManyStreamsError();
    metrics_->CountError(status);
    stream->Refuse(status);
  } else if (end_now) {
    stream->End(ShuttingDownError());
  }
  return stream.get();
}

size_t AssignmentService::CountStreams(const CallerKey& key) const {
  return static_cast<size_t>(std::count_if(streams_.begin(), streams_.end(), [&](const auto& one) {
    return one.key != nullptr && one.key->id() == key.id();
  }));
}

void AssignmentService::EndStreams() {
  std::vector<OpenStream> streams;
  {
    absl::MutexLock lock(&mutex_);
    streams_ended_ = true;
    streams.swap(streams_);
  }
  for (const OpenStream& one : streams) {
    if (const std::shared_ptr<CallStream> stream = one.stream.lock()) {
      stream->End(ShuttingDownError());
    }
  }
}

void AssignmentService::EndStreamsWithoutKey(absl::Duration grace) {
  std::vector<OpenStream> with_key;
  {
    absl::MutexLock lock(&mutex_);
    std::copy_if(streams_.begin(), streams_.end(), std::back_inserter(with_key),
                 [](const OpenStream& one) { return one.key != nullptr; });
  }
  for (const OpenStream& one : with_key) {
    if (authorizer_->StillOpens(*one.key)) continue;
    if (const std::shared_ptr<CallStream> stream = one.stream.lock()) {
      stream->End(CallerKeyGoneError());
      stream->CancelIfEndedFor(grace);
    }
  }
}

}  // namespace mab::assignment
