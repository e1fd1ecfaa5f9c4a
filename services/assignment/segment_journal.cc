#include "assignment/segment_journal.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "assignment/event_codec.h"
#include "assignment/journal_format.h"
#include "common/error.h"
#include "common/log.h"
#include "common/status_macros.h"

namespace mab::assignment {
namespace {

// Of anything but a version: one allocation an append.
constexpr size_t kUsualBodyBytes = 128;

}  // namespace

// ---- Opening

absl::StatusOr<std::unique_ptr<SegmentJournal>> SegmentJournal::Open(Options options,
                                                                     const ReplayEvent& replay) {
  MAB_RETURN_IF_ERROR(CheckOptions(options));
  MAB_ASSIGN_OR_RETURN(std::unique_ptr<JournalDirectory> directory,
                       JournalDirectory::Open(options.directory));
  MAB_ASSIGN_OR_RETURN(JournalTail tail, RecoverJournal(options.directory, options.known, replay));
  if (tail.journal_id.IsNil()) tail.journal_id = Uuid::NewV7(options.clock->Now());
  const Uuid database_id = options.database_id;
  std::unique_ptr<SegmentJournal> journal(
      new SegmentJournal(std::move(options), std::move(directory), tail));
  if (!database_id.IsNil()) MAB_RETURN_IF_ERROR(journal->SetDatabaseId(database_id));
  MAB_RETURN_IF_ERROR(journal->OpenLastSegment(tail));
  journal->CheckDisk();
  journal->writer_ = std::thread([&self = *journal] { self.WriteLoop(); });
  journal->syncer_ = std::thread([&self = *journal] { self.SyncLoop(); });
  return journal;
}

SegmentJournal::SegmentJournal(Options options, std::unique_ptr<JournalDirectory> directory,
                               const JournalTail& tail)
    : options_(std::move(options)),
      directory_(std::move(directory)),
      id_(tail.journal_id),
      checksum_seed_(RecordChecksumSeed(id_)),
      replayed_bytes_(tail.replayed_bytes),
      segment_(*directory_, options_.open_file),
      last_record_(tail.last_sequence),
      database_id_(tail.database_id),
      header_is_stale_(!tail.database_id.IsNil() && !tail.last_segment_names_database),
      room_({options_.buffer_bytes_max, options_.journal_bytes_max, options_.disk_free_bytes_min},
            tail.journal_bytes),
      segment_begun_at_(tail.begun_at),
      segment_first_(tail.last_segment_first),
      last_appended_(tail.next_sequence - 1),
      written_(tail.last_sequence),
      synced_(tail.last_sequence),
      last_erasure_(tail.last_erasure) {}

absl::Status SegmentJournal::OpenLastSegment(const JournalTail& tail) {
  if (tail.path.empty()) {
    MAB_RETURN_IF_ERROR(Rotate(tail.next_sequence));
  } else {
    MAB_RETURN_IF_ERROR(segment_.Continue(tail.path, tail.synced_bytes, tail.good_bytes));
  }
  absl::MutexLock lock(&mutex_);
  file_ = segment_.file();
  return absl::OkStatus();
}

SegmentJournal::~SegmentJournal() { Stop(); }

void SegmentJournal::Stop() {
  if (!writer_.joinable()) return;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    writer_wakes_.Signal();
  }
  writer_.join();
  syncer_.join();
}

bool SegmentJournal::accepts() const {
  absl::MutexLock lock(&mutex_);
  return !refusing_ && CheckOpen().ok() && room_.Check(kRecordHeaderBytes + kUsualBodyBytes).ok();
}

bool SegmentJournal::WasWritten(uint64_t sequence) const {
  // In this order: whoever sees a later record written sees the failure before it, too.
  if (sequence > written()) return false;
  if (!any_failed_.load(std::memory_order_acquire)) return true;
  absl::MutexLock lock(&mutex_);
  return !failed_.Contains(sequence);
}

// ---- Room

void SegmentJournal::CheckDisk() {
  if (options_.disk_free_bytes_min == 0) return;
  const absl::StatusOr<uint64_t> free_bytes = directory_->FreeBytes();
  const bool was_short = room().disk_is_short();
  {
    absl::MutexLock lock(&mutex_);
    // Who can't even be asked has no room.
    room_.ObserveDisk(free_bytes.value_or(0));
  }
  if (room().disk_is_short() == was_short) return;
  Log(was_short ? LogLevel::kInfo : LogLevel::kError,
      was_short ? "the disk has room again" : "the disk is nearly full: events are refused",
      {{"free_bytes", free_bytes.value_or(0)}, {"free_bytes_min", options_.disk_free_bytes_min}});
}

RemovedSegments SegmentJournal::Remove(const SegmentRemovalRule& rule) {
  RemovedSegments removed = RemoveSegments(*directory_, rule);
  absl::MutexLock lock(&mutex_);
  room_.Removed(removed.bytes);
  return removed;
}

void SegmentJournal::CompleteSegment(absl::Time begun_before) {
  absl::MutexLock lock(&mutex_);
  // One without records is as good as a new one.
  if (segment_begun_at_ >= begun_before || written() < segment_first_) return;
  completes_segment_ = true;
  if (std::exchange(writer_sleeps_, false)) writer_wakes_.Signal();
}

absl::Status SegmentJournal::SetDatabaseId(const Uuid& database_id) {
  absl::MutexLock lock(&mutex_);
  if (database_id == database_id_) return absl::OkStatus();
  if (!database_id_.IsNil()) {
    return FailedPreconditionError(
        kReasonFailedPrecondition,
        absl::StrCat("the journal in ", directory_->path(), " belongs to the database ",
                     database_id_.ToString(), ", not to ", database_id.ToString(),
                     ": use the right DATABASE_URL, or another directory"));
  }
  database_id_ = database_id;
  header_is_stale_ = true;
  return absl::OkStatus();
}

// ---- Appending and waiting

absl::StatusOr<uint64_t> SegmentJournal::Append(const storage::Event& event, uint64_t after) {
  std::string body;
  body.reserve(kUsualBodyBytes);
  MAB_RETURN_IF_ERROR(EncodeEvent(event, &body));
  if (body.size() > kRecordBodyBytesMax) {
    return InvalidArgumentError(
        "event", absl::StrCat("must be at most ", kRecordBodyBytesMax, " bytes in the journal"));
  }
  const uint32_t body_checksum = RecordBodyChecksum(checksum_seed_, body);
  absl::MutexLock lock(&mutex_);
  MAB_RETURN_IF_ERROR(CheckOpen());
  MAB_RETURN_IF_ERROR(room_.Check(kRecordHeaderBytes + body.size()));
  if (after != 0 && failed_.Contains(after)) return NotRecordedError();
  const uint64_t sequence = last_appended_.load(std::memory_order_relaxed) + 1;
  if (TypeOf(event) == RecordType::kErasure) last_erasure_ = sequence;
  Enqueue(static_cast<uint8_t>(TypeOf(event)), body, body_checksum, sequence);
  return sequence;
}

absl::Status SegmentJournal::CheckOpen() const {
  return !fatal_.ok() || stopping_ ? StoppedError() : absl::OkStatus();
}

void SegmentJournal::Enqueue(uint8_t type, absl::string_view body, uint32_t body_checksum,
                             uint64_t sequence) {
  if (pending_.bytes.empty()) pending_.first_sequence = sequence;
  AppendRecordHeader(type, sequence, synced_.load(std::memory_order_relaxed), body.size(),
                     body_checksum, &pending_.bytes);
  pending_.bytes.append(body.data(), body.size());
  pending_.last_sequence = sequence;
  room_.Buffered(kRecordHeaderBytes + body.size());
  last_appended_.store(sequence, std::memory_order_release);
  if (writer_sleeps_) {
    writer_sleeps_ = false;
    writer_wakes_.Signal();
  }
}

void SegmentJournal::WhenWritten(uint64_t sequence, Callback done) {
  std::optional<absl::Status> verdict;
  // In this order, as in WasWritten.
  if (sequence <= written() && !any_failed_.load(std::memory_order_acquire)) {
    verdict = absl::OkStatus();
  } else {
    absl::MutexLock lock(&mutex_);
    verdict = Verdict(sequence, written());
    if (!verdict.has_value()) return write_waiters_.Add(sequence, std::move(done));
  }
  done(*std::move(verdict));
}

void SegmentJournal::WhenSynced(uint64_t sequence, Callback done) {
  std::optional<absl::Status> verdict;
  {
    absl::MutexLock lock(&mutex_);
    verdict = Verdict(sequence, synced());
    if (!verdict.has_value()) {
      if (sequence <= written()) syncer_wakes_.Signal();
      return sync_waiters_.Add(sequence, std::move(done));
    }
  }
  done(*std::move(verdict));
}

std::optional<absl::Status> SegmentJournal::Verdict(uint64_t sequence, uint64_t reached) const {
  if (failed_.Contains(sequence)) return NotRecordedError();
  if (sequence <= reached) return absl::OkStatus();
  if (!fatal_.ok()) return StoppedError();
  if (sequence > last_appended()) {
    return InternalError(absl::StrCat("record ", sequence, " was never appended"));
  }
  return std::nullopt;
}

absl::Status SegmentJournal::StoppedError() const {
  return UnavailableError(kReasonUnavailable,
                          fatal_.ok() ? "the service is stopping" : "the journal's disk is broken");
}

// ---- The writer's thread

void SegmentJournal::WriteLoop() {
  Batch batch;
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      while (pending_.bytes.empty() && !completes_segment_ && !stopping_ && fatal_.ok()) {
        writer_sleeps_ = true;
        writer_wakes_.Wait(&mutex_);
      }
      writer_sleeps_ = false;
      if (!fatal_.ok() || (pending_.bytes.empty() && stopping_)) {
        writer_ended_ = true;
        syncer_wakes_.Signal();
        return;
      }
      batch = Batch{std::move(batch.bytes), last_appended() + 1, 0};
      batch.bytes.clear();
      if (!pending_.bytes.empty()) std::swap(batch, pending_);
    }
    const absl::Status status = Write(batch);
    if (status.ok()) {
      PublishWritten(batch);
    } else if (absl::IsDataLoss(status)) {
      Die(status);
    } else {
      FailUnwritten(status);
    }
  }
}

absl::Status SegmentJournal::Write(const Batch& batch) {
  const Rotation rotation = NextRotation();
  if (rotation != Rotation::kNone) {
    const absl::Status status = CompleteAndRotate(batch.first_sequence);
    // Age makes no haste: what is appended has room in the segment that is open.
    const bool can_wait = rotation == Rotation::kForAge || batch.bytes.empty();
    if (absl::IsDataLoss(status) || (!status.ok() && !can_wait)) return status;
    if (!status.ok() && rotation_log_.Admit(std::chrono::steady_clock::now()).has_value()) {
      MAB_LOG(kWarning, "no new segment could be begun; the old one goes on", {{"error", status}});
    }
  }
  if (batch.bytes.empty()) return absl::OkStatus();
  return segment_.Append(batch.bytes);
}

SegmentJournal::Rotation SegmentJournal::NextRotation() {
  absl::MutexLock lock(&mutex_);
  // Once: where it fails, whoever asked asks again.
  const bool completes = std::exchange(completes_segment_, false);
  if (header_is_stale_ || segment_.size() >= options_.segment_bytes_max) return Rotation::kForRoom;
  return completes ? Rotation::kForAge : Rotation::kNone;
}

absl::Status SegmentJournal::CompleteAndRotate(uint64_t first_sequence) {
  const uint64_t last = written();
  MAB_RETURN_IF_ERROR(segment_.Sync());
  PublishSynced(last);
  return Rotate(first_sequence);
}

absl::Status SegmentJournal::Rotate(uint64_t first_sequence) {
  const Uuid database = database_id();
  const bool replaces = segment_.first_sequence() == first_sequence;
  const absl::Time now = options_.clock->Now();
  MAB_RETURN_IF_ERROR(segment_.Begin({.journal_id = id_,
                                      .database_id = database,
                                      .first_sequence = first_sequence,
                                      .previous_last_sequence = last_record_,
                                      .created_at = now}));
  absl::MutexLock lock(&mutex_);
  segment_begun_at_ = now;
  segment_first_ = first_sequence;
  header_is_stale_ = database_id_ != database;
  file_ = segment_.file();
  if (!replaces) room_.SegmentBegun(kSegmentHeaderBytes);
  return absl::OkStatus();
}

void SegmentJournal::PublishWritten(const Batch& batch) {
  if (batch.bytes.empty()) return;
  last_record_ = batch.last_sequence;
  bool refused = false;
  SequenceWaiters::Callbacks callbacks;
  {
    absl::MutexLock lock(&mutex_);
    refused = std::exchange(refusing_, false);
    written_.store(batch.last_sequence, std::memory_order_release);
    room_.Written(batch.bytes.size());
    callbacks = write_waiters_.TakeThrough(batch.last_sequence);
    if (sync_waiters_.AnyThrough(batch.last_sequence)) syncer_wakes_.Signal();
  }
  if (refused) MAB_LOG(kInfo, "the journal can be written again");
  SequenceWaiters::Call(std::move(callbacks), absl::OkStatus());
}

void SegmentJournal::FailUnwritten(const absl::Status& status) {
  bool refused = false;
  SequenceWaiters::Callbacks callbacks;
  SequenceWaiters::Callbacks more;
  {
    absl::MutexLock lock(&mutex_);
    refused = std::exchange(refusing_, true);
    any_failed_.store(true, std::memory_order_release);
    failed_.Add(written() + 1, last_appended());
    pending_.bytes.clear();
    room_.ForgetBuffered();
    callbacks = write_waiters_.TakeAfter(written());
    more = sync_waiters_.TakeAfter(written());
  }
  if (!refused) {
    MAB_LOG(kError, "the journal can't be written: events are refused", {{"error", status}});
  }
  SequenceWaiters::Call(std::move(callbacks), NotRecordedError());
  SequenceWaiters::Call(std::move(more), NotRecordedError());
}

// ---- The syncer's thread

void SegmentJournal::SyncLoop() {
  while (true) {
    std::shared_ptr<JournalFile> file;
    uint64_t target = 0;
    {
      absl::MutexLock lock(&mutex_);
      while (fatal_.ok() &&
             !(written() > synced() && (writer_ended_ || sync_waiters_.AnyThrough(written())))) {
        if (writer_ended_) return;
        syncer_wakes_.Wait(&mutex_);
      }
      if (!fatal_.ok()) return;
      file = file_;
      target = written();
    }
    if (absl::Status status = file->Sync(); !status.ok()) return Die(status);
    PublishSynced(target);
  }
}

void SegmentJournal::PublishSynced(uint64_t sequence) {
  SequenceWaiters::Callbacks callbacks;
  {
    absl::MutexLock lock(&mutex_);
    if (sequence <= synced()) return;
    synced_.store(sequence, std::memory_order_release);
    callbacks = sync_waiters_.TakeThrough(sequence);
  }
  SequenceWaiters::Call(std::move(callbacks), absl::OkStatus());
}

void SegmentJournal::Die(const absl::Status& status) {
  SequenceWaiters::Callbacks callbacks;
  SequenceWaiters::Callbacks more;
  absl::Status error;
  {
    absl::MutexLock lock(&mutex_);
    if (!fatal_.ok()) return;
    fatal_ = status;
    error = StoppedError();
    pending_.bytes.clear();
    callbacks = write_waiters_.TakeAfter(0);
    more = sync_waiters_.TakeAfter(0);
    writer_wakes_.Signal();
    syncer_wakes_.Signal();
  }
  MAB_LOG(kError, "the journal's disk failed: what it holds is no longer known",
          {{"error", status}});
  SequenceWaiters::Call(std::move(callbacks), error);
  SequenceWaiters::Call(std::move(more), error);
  options_.on_fatal(status);
}

}  // namespace mab::assignment
