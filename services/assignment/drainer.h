// Takes the journal to PostgreSQL: reads what is on the disk and is not in the tables yet, a batch
// at a time, one transaction each (storage/event_store.h). A thread of its own; no request ever
// waits for it.
//
// It reads the journal's files and not its memory, from the position that the database itself has:
// so it goes on where any predecessor stopped, wherever either died, and brings a database that was
// set back to an earlier point up to date. PostgreSQL never knows more than the disk: only synced
// records are drained.
//
// It never waits for the database longer than Stop allows: a server that hangs is given up.
//
// After any failure it starts over from the database's position, later and later. An event that the
// database refuses for its own sake is found by halving the batch, set aside with an alert, and
// does not hold the rest up.
//
// Thread safety: Start, Stop and RunOnce from one thread, RunOnce not between Start and Stop; the
// rest from any.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/random/random.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "assignment/drainer_metrics.h"
#include "assignment/journal_reader.h"
#include "assignment/segment_journal.h"
#include "common/clock.h"
#include "common/metrics.h"
#include "common/pause.h"
#include "common/postgres.h"
#include "storage/event.h"
#include "storage/event_store.h"

namespace mab::assignment {

class Drainer {
 public:
  struct Options {
    std::string database_url;
    // How long an event waits for others to make a batch with.
    absl::Duration interval = absl::Milliseconds(100);
    size_t batch_events_max = 5000;
    // Between attempts after failures.
    absl::Duration backoff_min = absl::Milliseconds(100);
    absl::Duration backoff_max = absl::Seconds(10);
    // How long Stop goes on draining what is left, before it leaves the database alone.
    absl::Duration stop_within = absl::Seconds(5);
    // What PostgreSQL is known to have had when this process started: the lag is told by it until
    // PostgreSQL itself has said more.
    uint64_t drained_at_least = 0;
    // The journal and the database do not belong together: this process must not go on. Called
    // once, from the thread.
    std::function<void(const absl::Status&)> on_refused = nullptr;
    // Not owned; they outlive this.
    SegmentJournal* journal = nullptr;
    const Clock* clock = nullptr;
    Metrics* metrics = nullptr;
  };
  explicit Drainer(Options options);
  ~Drainer();

  void Start();
  // Ends the thread, and drains what is left if that goes well and soon; if not, it is there at the
  // next start.
  void Stop();
  // Drains all that was appended to the journal before, or until the first failure:
  // UNAVAILABLE, ABORTED: as the database; try again later. FAILED_PRECONDITION: the journal and
  // the database do not belong together. DATA_LOSS: the journal is damaged.
  absl::Status RunOnce();

  // The last sequence that is in the tables; 0 while that is not known.
  uint64_t drained() const { return drained_.load(std::memory_order_relaxed); }
  // How far the tables are behind the journal, as a difference of sequence numbers: 0 when nothing
  // is left. While that is not known: at most so far.
  uint64_t lag_events() const;
  // How long the tables have been behind: the age of the oldest event that is not in them, to the
  // interval; zero when nothing is left.
  absl::Duration lag() const;
  // Draining fails for another reason than the database's absence (a damaged journal, a missing
  // right, a missing table): somebody must look.
  bool broken() const;

 private:
  void Loop();
  // What is left, at the end.
  void DrainRest();
  // Drains one batch; true: there is more to do at once.
  absl::StatusOr<bool> DrainNext();
  // Where the database stands, and the reader there.
  absl::Status Locate();
  // Whether the record at the database's position is this journal's: an older copy of the directory
  // has none of that sequence, or, once it has grown, another. FAILED_PRECONDITION.
  absl::Status CheckIsOurs(const storage::JournalPosition& at);
  // The records between the two are in neither.
  void TellMissing(uint64_t after, uint64_t through);
  absl::StatusOr<std::vector<storage::SequencedEvent>> ReadBatch(uint64_t through);
  absl::Status DrainEvents(absl::Span<const storage::SequencedEvent> events);
  absl::Status SetAside(const storage::SequencedEvent& event, const absl::Status& refused);
  // The pause after another failure; logs the first of a run.
  absl::Duration NextBackoff(const absl::Status& status);
  void Succeeded();
  void SetDrainedTime(absl::Time time);

  const Options options_;
  PgPool pool_;
  DrainerMetrics metrics_;
  JournalReader reader_;
  absl::BitGen random_;
  // False after a failure: what the database has is not known.
  bool located_ = false;
  // The last of those records that TellMissing told of.
  uint64_t missing_told_ = 0;
  size_t batch_events_;
  absl::Duration backoff_;
  int failures_ = 0;
  std::atomic<uint64_t> drained_{0};
  std::atomic<uint64_t> drained_at_least_;
  // The tables have all that happened before; unix microseconds.
  std::atomic<int64_t> drained_time_;

  mutable absl::Mutex mutex_;
  // Of the last attempt.
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  Pause pause_;
  Pause thread_ended_;
  std::thread thread_;
};

}  // namespace mab::assignment
