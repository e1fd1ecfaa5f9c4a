// The journal on a disk: segments (journal_format.h) in a directory that one process owns.
//
// Two threads. The writer takes all that was appended since its last turn and hands it to the
// kernel in one write. The syncer calls fdatasync while somebody waits for it, once for all that
// was written before; so an assignment, which waits for the write, never stands behind a disk's
// sync.
//
// When a write fails, everything that is not written yet fails with it, whatever batch it is in: so
// nothing can be in the journal without what it builds on. The file ends with the last good record
// again, and the next append tries anew.
//
// Thread-safe. Callbacks run without the journal's locks and may call it, but for Stop.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "assignment/failed_sequences.h"
#include "assignment/journal.h"
#include "assignment/journal_directory.h"
#include "assignment/journal_file.h"
#include "assignment/journal_recovery.h"
#include "assignment/journal_room.h"
#include "assignment/segment_journal_options.h"
#include "assignment/segment_removal.h"
#include "assignment/segment_writer.h"
#include "assignment/sequence_waiters.h"
#include "common/clock.h"
#include "common/log_throttle.h"
#include "common/uuid.h"

namespace mab::assignment {

class SegmentJournal final : public Journal {
 public:
  using Options = SegmentJournalOptions;

  // Opens the journal, or makes a new one with an id of its own in an empty directory. Gives every
  // record to `replay`, in order; cuts a torn end; syncs what is left, so that all that was
  // replayed is on the disk.
  //
  // FAILED_PRECONDITION: another process has it open; it is another database's; a newer build wrote
  // it; the known records are another journal's. DATA_LOSS: it is damaged (journal_reader.h), or
  // records are missing between those that are known and those that are there. INVALID_ARGUMENT:
  // the options. FileError. The error of `replay`.
  static absl::StatusOr<std::unique_ptr<SegmentJournal>> Open(Options options,
                                                              const ReplayEvent& replay);
  ~SegmentJournal() override;

  // INVALID_ARGUMENT, besides the interface's errors, for an event that EncodeEvent refuses.
  absl::StatusOr<uint64_t> Append(const storage::Event& event, uint64_t after = 0) override;
  void WhenWritten(uint64_t sequence, Callback done) override;
  void WhenSynced(uint64_t sequence, Callback done) override;

  // Writes and syncs what was appended, answers all who wait, and ends the threads. One thread, any
  // number of times.
  void Stop();

  const Uuid& id() const { return id_; }
  const std::string& directory() const { return directory_->path(); }
  // Nil while it is not known.
  Uuid database_id() const {
    absl::MutexLock lock(&mutex_);
    return database_id_;
  }
  // Says whose events these are, once that is known: the next segment is begun and says so.
  // FAILED_PRECONDITION when they are another database's.
  absl::Status SetDatabaseId(const Uuid& database_id);

  // The last sequence that was given out; the last record that is written; the last that is on the
  // disk.
  uint64_t last_appended() const { return last_appended_.load(std::memory_order_acquire); }
  uint64_t written() const { return written_.load(std::memory_order_acquire); }
  uint64_t synced() const { return synced_.load(std::memory_order_acquire); }
  // Whether an append is likely to succeed: for health checks.
  bool accepts() const;
  // How much there is, and how much more there may be, at this moment.
  JournalRoom room() const {
    absl::MutexLock lock(&mutex_);
    return room_;
  }
  uint64_t bytes_on_disk() const { return room().on_disk(); }
  // Of the records that Open gave to replay.
  uint64_t replayed_bytes() const { return replayed_bytes_; }
  // Whether the record was written; false where it failed or is not written yet.
  bool WasWritten(uint64_t sequence) const;

  // Of the disk, in bytes.
  absl::StatusOr<uint64_t> FreeBytes() const { return directory_->FreeBytes(); }
  // Looks how much is free on the disk. Call it often: between two looks the journal counts only
  // what it writes itself.
  void CheckDisk();
  // Completes the segment that is written to where it has records and was begun before
  // `begun_before`: the writer begins the next one in a moment, also where nothing is appended.
  // Where that fails, it is logged; ask again.
  void CompleteSegment(absl::Time begun_before);
  // The last erasure of those that were replayed or appended; 0: none.
  uint64_t last_erasure() const { return last_erasure_.load(std::memory_order_acquire); }
  // segment_removal.h. One thread.
  RemovedSegments Remove(const SegmentRemovalRule& rule);

 private:
  struct Batch {
    std::string bytes;
    uint64_t first_sequence = 0;
    uint64_t last_sequence = 0;
  };

  SegmentJournal(Options options, std::unique_ptr<JournalDirectory> directory,
                 const JournalTail& tail);
  absl::Status OpenLastSegment(const JournalTail& tail);

  absl::Status CheckOpen() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Enqueue(uint8_t type, absl::string_view body, uint32_t body_checksum, uint64_t sequence)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What is known of a record already, where all good ones through `reached` are done; nullopt:
  // wait.
  std::optional<absl::Status> Verdict(uint64_t sequence, uint64_t reached) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status StoppedError() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void WriteLoop();
  absl::Status Write(const Batch& batch);
  // Why the next segment is begun.
  enum class Rotation {
    kNone,
    kForAge,   // the segment is old
    kForRoom,  // it is full, or its header does not know the database: nothing more goes into it
  };
  Rotation NextRotation();
  absl::Status CompleteAndRotate(uint64_t first_sequence);
  absl::Status Rotate(uint64_t first_sequence);
  void PublishWritten(const Batch& batch);
  void FailUnwritten(const absl::Status& status);
  void SyncLoop();
  void PublishSynced(uint64_t sequence);
  void Die(const absl::Status& status);

  const Options options_;
  const std::unique_ptr<JournalDirectory> directory_;
  const Uuid id_;
  const uint32_t checksum_seed_;
  const uint64_t replayed_bytes_;
  // The writer's thread alone (and Open).
  SegmentWriter segment_;
  uint64_t last_record_;  // the last sequence in the segments
  LogThrottle rotation_log_{1};

  mutable absl::Mutex mutex_;
  absl::CondVar writer_wakes_;
  absl::CondVar syncer_wakes_;
  bool writer_sleeps_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool writer_ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool refusing_ ABSL_GUARDED_BY(mutex_) = false;  // the last write failed
  absl::Status fatal_ ABSL_GUARDED_BY(mutex_);
  Uuid database_id_ ABSL_GUARDED_BY(mutex_);
  bool header_is_stale_ ABSL_GUARDED_BY(mutex_) = false;
  // Waiting for the writer's next turn.
  Batch pending_ ABSL_GUARDED_BY(mutex_);
  JournalRoom room_ ABSL_GUARDED_BY(mutex_);
  // Of the segment that is written to.
  absl::Time segment_begun_at_ ABSL_GUARDED_BY(mutex_);
  uint64_t segment_first_ ABSL_GUARDED_BY(mutex_);
  bool completes_segment_ ABSL_GUARDED_BY(mutex_) = false;
  // What the syncer syncs: segment_.file(), as of the last rotation.
  std::shared_ptr<JournalFile> file_ ABSL_GUARDED_BY(mutex_);
  FailedSequences failed_ ABSL_GUARDED_BY(mutex_);
  SequenceWaiters write_waiters_ ABSL_GUARDED_BY(mutex_);
  SequenceWaiters sync_waiters_ ABSL_GUARDED_BY(mutex_);

  // Changed under the lock, read without.
  std::atomic<uint64_t> last_appended_;
  std::atomic<uint64_t> written_;
  std::atomic<uint64_t> synced_;
  std::atomic<uint64_t> last_erasure_{0};
  std::atomic<bool> any_failed_{false};

  std::thread writer_;
  std::thread syncer_;
};

}  // namespace mab::assignment
