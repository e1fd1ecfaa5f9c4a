// The append-only log of everything that this service acknowledges: segments of checksummed
// records, one writer thread, group commit. On the disk: journal_format.h.
//
// An append takes a sequence number and returns at once; the record is written (the kernel has it:
// it survives kill -9) and synced (the disk has it: it survives a power cut) a moment later.
// Whoever answers a client waits for the one or the other.
//
// Errors: when a write fails (disk full), every record that was not yet written fails with
// JOURNAL_FULL, and its sequence number is never used again; records before stay. An error of
// fdatasync is final: the waiters fail and the journal calls Options::on_fatal, which ends the
// process; it is never tried again.
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <functional>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/event.h"

namespace mab::assignment {

class Journal {
 public:
  using Callback = absl::AnyInvocable<void(absl::Status)>;

  virtual ~Journal() = default;

  // The record's sequence number: greater than any before, never used twice. JOURNAL_FULL, or
  // UNAVAILABLE after Stop. Takes one short lock and never waits for the disk.
  //
  // `after` is a record that this one builds on (an exposure on its assignment, an assignment on
  // its version), 0 where there is none: JOURNAL_FULL where that record has failed already, and
  // this one fails with it where that fails later. So no record is ever in the journal without what
  // it builds on, and waiting for a record waits for those as well.
  virtual absl::StatusOr<uint64_t> Append(const storage::Event& event, uint64_t after = 0) = 0;

  // Calls `done` once the record `sequence` is written (synced), or failed; at once, on this
  // thread, where that is known already; otherwise on the journal's threads, so `done` must be
  // quick. Sequence 0 is always written and synced.
  virtual void WhenWritten(uint64_t sequence, Callback done) = 0;
  virtual void WhenSynced(uint64_t sequence, Callback done) = 0;

  // The same, blocking: for the drainer and for tests, never for a request.
  absl::Status WaitWritten(uint64_t sequence);
  absl::Status WaitSynced(uint64_t sequence);
};

}  // namespace mab::assignment
