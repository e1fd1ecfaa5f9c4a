#include "assignment/stream_calls_service.h"

#include <grpcpp/server_context.h>

#include <utility>

#include "absl/time/clock.h"
#include "common/error.h"
#include "common/rpc_status.h"

namespace mab::assignment {
namespace {

void SetError(const absl::Status& status, v1::StreamAnswer* answer) {
  *answer->mutable_error() = ToRpcStatusProto(status);
}

}  // namespace

void CallStream::Start() {
  absl::MutexLock lock(&mutex_);
  self_ = shared_from_this();
  StartRead(&request_);
}

void CallStream::Refuse(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  self_ = shared_from_this();
  ended_ = true;
  end_status_ = status;
  FinishIfDone();
}

void CallStream::End(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  if (ended_) return;
  ended_ = true;
  ended_at_ = std::chrono::steady_clock::now();
  end_status_ = status;
  FinishIfDone();
}

void CallStream::CancelIfEndedFor(absl::Duration grace) {
  {
    absl::MutexLock lock(&mutex_);
    if (!ended_at_.has_value()) return;
    if (absl::FromChrono(std::chrono::steady_clock::now() - *ended_at_) < grace) return;
  }
  absl::MutexLock lock(&context_mutex_);
  if (context_ != nullptr) context_->TryCancel();
}

void CallStream::OnReadDone(bool ok) {
  // The client has said all, or is gone.
  if (!ok) return End(absl::OkStatus());
  if (request_.calls_size() > kCallsMax) {
    return End(InvalidArgumentError("calls", "must be at most 1024 a message"));
  }
  request_at_ = absl::Now();
  if (key_ != nullptr) key_->NoteUse(request_at_);
  next_call_ = 0;
  {
    absl::MutexLock lock(&mutex_);
    has_request_ = true;
  }
  Advance();
}

void CallStream::Advance() {
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      if (!has_request_ || advancing_ || !HasRoom()) return;
      // Calls that were not decided yet are the client's to repeat.
      if (ended_) {
        has_request_ = false;
        return FinishIfDone();
      }
      advancing_ = true;
    }
    Batch written{JournalStep::kWritten, request_at_};
    Batch synced{JournalStep::kSynced, request_at_};
    Decide(written, synced);
    SendWhenDone(std::move(written));
    SendWhenDone(std::move(synced));

    absl::MutexLock lock(&mutex_);
    advancing_ = false;
    if (next_call_ < request_.calls_size()) continue;
    has_request_ = false;
    if (ended_) return FinishIfDone();
    return StartRead(&request_);
  }
}

void CallStream::Decide(Batch& written, Batch& synced) {
  while (next_call_ < request_.calls_size() && written.bytes < kAnswerBytesMax &&
         synced.bytes < kAnswerBytesMax) {
    v1::StreamAnswer answer;
    const v1::StreamCall& call = request_.calls(next_call_++);
    const absl::StatusOr<JournalWait> wait =
        calls_->Answer(call, /*trusted=*/key_ == nullptr, &answer);
    if (!wait.ok()) {
      metrics_->CountError(wait.status());
      SetError(wait.status(), &answer);
    }
    const bool waits_for_disk = wait.ok() && wait->synced != 0;
    Batch& batch = waits_for_disk ? synced : written;
    batch.bytes += answer.ByteSizeLong();
    batch.WaitFor(!wait.ok() ? 0 : waits_for_disk ? wait->synced : wait->written);
    if (wait.ok()) {
      for (const uint64_t other : wait->others) batch.WaitFor(other);
    }
    *batch.response.add_answers() = std::move(answer);
  }
}

void CallStream::SendWhenDone(Batch batch) {
  if (batch.sequences.empty()) return;
  {
    absl::MutexLock lock(&mutex_);
    ++outstanding_messages_;
    outstanding_bytes_ += batch.bytes;
  }
  const JournalStep step = batch.step;
  std::vector<uint64_t> sequences = std::move(batch.sequences);
  WhenAllDone(
      *journal_, step, std::move(sequences),
      [self = shared_from_this(), batch = std::move(batch)](
          std::vector<absl::Status> outcomes) mutable { self->Send(std::move(batch), outcomes); });
}

void CallStream::Send(Batch batch, const std::vector<absl::Status>& outcomes) {
  for (size_t i = 0; i < outcomes.size(); ++i) {
    if (outcomes[i].ok()) continue;
    v1::StreamAnswer* const answer = batch.response.mutable_answers(batch.answers[i]);
    if (answer->has_error()) continue;
    metrics_->CountError(outcomes[i]);
    SetError(outcomes[i], answer);
  }
  metrics_->Observe(AssignmentMetrics::Method::kStreamCalls, absl::Now() - batch.begun_at);
  absl::MutexLock lock(&mutex_);
  ready_.push_back(std::move(batch));
  if (!writing_) WriteNext();
}

void CallStream::OnWriteDone(bool ok) {
  {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    outstanding_bytes_ -= ready_.front().bytes;
    --outstanding_messages_;
    ready_.pop_front();
    // The client is gone: what is still due goes nowhere, and is dropped the same way.
    if (!ok && !ended_) {
      ended_ = true;
      end_status_ = absl::CancelledError();
    }
    if (!ready_.empty()) WriteNext();
    FinishIfDone();
  }
  Advance();
}

void CallStream::OnDone() {
  {
    absl::MutexLock lock(&context_mutex_);
    context_ = nullptr;
  }
  std::shared_ptr<CallStream> self;
  absl::MutexLock lock(&mutex_);
  self = std::move(self_);
}

bool CallStream::HasRoom() const {
  return outstanding_bytes_ < (key_ == nullptr ? kOutstandingBytesMax : kKeyOutstandingBytesMax) &&
         outstanding_messages_ < kOutstandingMessagesMax;
}

void CallStream::WriteNext() {
  writing_ = true;
  StartWrite(&ready_.front().response);
}

void CallStream::FinishIfDone() {
  if (!ended_ || finished_ || advancing_ || outstanding_messages_ > 0) return;
  finished_ = true;
  Finish(ToGrpcStatus(end_status_));
}

}  // namespace mab::assignment
