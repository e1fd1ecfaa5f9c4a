// mab.v1.AssignmentService over gRPC's callback API. A handler decides at once and never waits: the
// answer is sent from the journal's callback. Who may call is asked first (call_authorizer.h); a
// stream is asked once, when it opens, and ends when its key does.
//
// Thread-safe.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "assignment/answer.h"
#include "assignment/assignment_calls_codec.h"
#include "assignment/assignment_metrics.h"
#include "assignment/call_authorizer.h"
#include "assignment/journal.h"
#include "assignment/stream_calls_service.h"
#include "mab/v1/assignment_service.grpc.pb.h"

namespace mab::assignment {

class AssignmentService final : public v1::AssignmentService::CallbackService {
 public:
  // Streams that one API key may have open. The gateway's are not counted.
  static constexpr size_t kStreamsPerKeyMax = 32;
  static constexpr absl::Duration kEndGrace = absl::Seconds(3);

  // Not owned; all outlive the server that this is registered with, and the journal's callbacks.
  AssignmentService(const CallAuthorizer* authorizer, AssignmentCalls* calls, Journal* journal,
                    AssignmentMetrics* metrics)
      : authorizer_(authorizer), calls_(calls), journal_(journal), metrics_(metrics) {}

  // Ends the streams, present and future: what was decided is answered first, then they end with
  // UNAVAILABLE, so that their clients turn elsewhere. Call it before the server's shutdown.
  void EndStreams();
  // Ends the streams whose API key is good no more, and cancels those that did not end within
  // `grace`. Call it every second or so.
  void EndStreamsWithoutKey(absl::Duration grace = kEndGrace);

  grpc::ServerUnaryReactor* Assign(grpc::CallbackServerContext* context,
                                   const v1::AssignRequest* request,
                                   v1::AssignResponse* response) override;
  grpc::ServerUnaryReactor* Expose(grpc::CallbackServerContext* context,
                                   const v1::ExposeRequest* request,
                                   v1::ExposeResponse* response) override;
  grpc::ServerUnaryReactor* Convert(grpc::CallbackServerContext* context,
                                    const v1::ConvertRequest* request,
                                    v1::ConvertResponse* response) override;
  grpc::ServerUnaryReactor* BatchAssign(grpc::CallbackServerContext* context,
                                        const v1::BatchAssignRequest* request,
                                        v1::BatchAssignResponse* response) override;
  grpc::ServerUnaryReactor* BatchExpose(grpc::CallbackServerContext* context,
                                        const v1::BatchExposeRequest* request,
                                        v1::BatchExposeResponse* response) override;
  grpc::ServerUnaryReactor* AssignAll(grpc::CallbackServerContext* context,
                                      const v1::AssignAllRequest* request,
                                      v1::AssignAllResponse* response) override;
  grpc::ServerBidiReactor<v1::StreamCallsRequest, v1::StreamCallsResponse>* StreamCalls(
      grpc::CallbackServerContext* context) override;

 private:
  // `call`'s decision, where the caller may call `method`: of who was let in, and for whom he asks.
  template <typename Call>
  absl::StatusOr<JournalWait> Decide(const grpc::ServerContextBase& context,
                                     absl::string_view method, const Call& call) const;
  // Ends the call when `decided` says so: now, or once the journal has done what it waits for.
  grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context,
                                   AssignmentMetrics::Method method, absl::Time begun_at,
                                   const absl::StatusOr<JournalWait>& decided);

  const CallAuthorizer* const authorizer_;
  AssignmentCalls* const calls_;
  Journal* const journal_;
  AssignmentMetrics* const metrics_;

  absl::Mutex mutex_;
  bool streams_ended_ ABSL_GUARDED_BY(mutex_) = false;
  struct OpenStream {
    std::weak_ptr<CallStream> stream;
    // Null: it is one of our own services'.
    CallerKeyPtr key;
  };
  size_t CountStreams(const CallerKey& key) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Those that are gone are swept out as new ones come.
  std::vector<OpenStream> streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mab::assignment
