// One stream of bundled calls (StreamCalls), the road of the gateway.
//
// A message's calls are decided at once, in their order. Their answers go out in messages of two
// kinds: those that wait for the kernel only (assign, expose, errors) as soon as they are written,
// and those that wait for the disk (convert) when they are synced; so an assignment never stands
// behind a conversion's fdatasync.
//
// Limits: kCallsMax calls a message (else the stream ends with INVALID_ARGUMENT); kAnswerBytesMax
// bytes a message of answers, unless a single answer is larger; while kOutstandingBytesMax bytes or
// kOutstandingMessagesMax messages of answers are waiting or on their way, no further call is
// decided and no message is read. A stream that an API key opened has kKeyOutstandingBytesMax.
//
// Thread-safe. Shared: the stream lives until gRPC and the journal have let go of it.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "assignment/assignment_calls_codec.h"
#include "assignment/assignment_metrics.h"
#include "assignment/caller_keys.h"
#include "assignment/journal.h"
#include "assignment/journal_wait.h"
#include "mab/v1/assignment_service.pb.h"

namespace mab::assignment {

class CallStream final
    : public grpc::ServerBidiReactor<v1::StreamCallsRequest, v1::StreamCallsResponse>,
      public std::enable_shared_from_this<CallStream> {
 public:
  static constexpr int kCallsMax = 1024;
  static constexpr size_t kAnswerBytesMax = 1 << 20;
  static constexpr size_t kOutstandingBytesMax = 16 << 20;
  static constexpr size_t kKeyOutstandingBytesMax = 2 << 20;
  static constexpr size_t kOutstandingMessagesMax = 128;

  // Not owned; all outlive the stream.
  // With the API key that opened it, whose use is noted; null: there is none. `context` is gRPC's,
  // and lives until OnDone.
  CallStream(AssignmentCalls* calls, Journal* journal, AssignmentMetrics* metrics, CallerKeyPtr key,
             grpc::CallbackServerContext* context)
      : calls_(calls),
        journal_(journal),
        metrics_(metrics),
        key_(std::move(key)),
        context_(context) {}

  // Begins to read. From here gRPC keeps the stream alive, until OnDone.
  void Start();
  // Instead of that: reads nothing, and ends with `status`.
  void Refuse(const absl::Status& status);
  // Reads no more, sends the answers that are due, and ends with `status`. Any number of times; the
  // first one counts.
  void End(const absl::Status& status);
  // Cancels what End left open for so long: a client that does not read holds its answers for ever.
  void CancelIfEndedFor(absl::Duration grace);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone() override;

 private:
  // Answers that are sent together.
  struct Batch {
    JournalStep step;
    absl::Time begun_at;
    v1::StreamCallsResponse response = {};
    size_t bytes = 0;
    // What is waited for, 0 for nothing, and the index of the answer that waits for it.
    std::vector<uint64_t> sequences = {};
    std::vector<int> answers = {};

    // The answer that is added next waits for this.
    void WaitFor(uint64_t sequence) {
      sequences.push_back(sequence);
      answers.push_back(response.answers_size());
    }
  };

  // Decides calls of the message at hand as long as there is room, then reads the next one. One
  // thread at a time.
  void Advance();
  // Decides the next calls, up to one message of answers of either kind.
  void Decide(Batch& written, Batch& synced);
  void SendWhenDone(Batch batch);
  void Send(Batch batch, const std::vector<absl::Status>& outcomes);
  bool HasRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void FinishIfDone() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  AssignmentCalls* const calls_;
  Journal* const journal_;
  AssignmentMetrics* const metrics_;
  const CallerKeyPtr key_;

  // The message that is read and decided: gRPC's while `reading_`, then Advance's.
  v1::StreamCallsRequest request_;
  int next_call_ = 0;
  absl::Time request_at_;

  // Held by what must not meet OnDone, and by OnDone. Null afterwards. Of its own: cancelling may
  // call back.
  absl::Mutex context_mutex_;
  grpc::CallbackServerContext* context_ ABSL_GUARDED_BY(context_mutex_);

  absl::Mutex mutex_;
  // Keeps this alive for gRPC.
  std::shared_ptr<CallStream> self_ ABSL_GUARDED_BY(mutex_);
  bool has_request_ ABSL_GUARDED_BY(mutex_) = false;
  bool advancing_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  // Of End; by the clock that nobody sets.
  std::optional<std::chrono::steady_clock::time_point> ended_at_ ABSL_GUARDED_BY(mutex_);
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status end_status_ ABSL_GUARDED_BY(mutex_);
  // Batches that wait for the journal, or to be written, or are being written.
  size_t outstanding_messages_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t outstanding_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  // The front one is being written while `writing_`.
  std::deque<Batch> ready_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace mab::assignment
