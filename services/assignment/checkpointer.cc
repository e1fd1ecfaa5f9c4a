#include "assignment/checkpointer.h"

#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "common/log.h"
#include "common/status_macros.h"

namespace mab::assignment {
namespace {

constexpr absl::Duration kBackoffMin = absl::Seconds(1);
constexpr absl::Duration kBackoffMax = absl::Minutes(1);
// For what is written meanwhile.
constexpr uint64_t kSpareBytes = 64 << 10;

}  // namespace

Checkpointer::Checkpointer(Options options)
    : options_(std::move(options)),
      covered_(options_.loaded.has_value() ? options_.loaded->cover.sequence : 0),
      exists_(options_.loaded.has_value()),
      checkpoint_bytes_(exists_ ? options_.loaded->bytes : 0),
      backoff_(kBackoffMin),
      sequence_gauge_(options_.metrics->Gauge("mab_checkpoint_sequence",
                                              "The last record that the newest checkpoint has.")),
      bytes_gauge_(options_.metrics->Gauge("mab_checkpoint_bytes",
                                           "Size of the newest checkpoint of the sticky map.")),
      seconds_gauge_(options_.metrics->Gauge("mab_checkpoint_write_seconds",
                                             "How long the newest checkpoint took.")) {
  sequence_gauge_.Set(static_cast<double>(covered()));
  bytes_gauge_.Set(static_cast<double>(checkpoint_bytes_));
}

uint64_t Checkpointer::JournalBytes() const {
  return options_.journal->replayed_bytes() + options_.journal->room().written();
}

bool Checkpointer::Due() const {
  const SegmentJournal& journal = *options_.journal;
  if (!options_.sticky_map->complete() || options_.clock->Now() < next_attempt_) return false;
  if (!exists_) return true;
  if (removed_.load(std::memory_order_acquire) &&
      options_.clock->Now() - written_at_ >= options_.erasure_delay) {
    return true;
  }
  if (journal.synced() <= covered()) return false;
  if (!journal.accepts()) return true;
  const uint64_t last_erasure = journal.last_erasure();
  if (last_erasure > covered() && journal.synced() >= last_erasure &&
      options_.clock->Now() - written_at_ >= options_.erasure_delay) {
    return true;
  }
  const uint64_t grown = JournalBytes() - journal_bytes_;
  const bool pressing = journal.bytes_on_disk() >= options_.pressing_bytes;
  return grown >= (pressing ? options_.bytes_min : std::max(options_.bytes_min, checkpoint_bytes_));
}

void Checkpointer::WriteIfDue() {
  if (!Due()) return;
  absl::Status status = Write();
  if (status.ok()) {
    backoff_ = kBackoffMin;
    return;
  }
  MAB_LOG(kError, "the sticky map's checkpoint was not written: segments stay until one is",
          {{"error", status}, {"retry_seconds", absl::ToInt64Seconds(backoff_)}});
  next_attempt_ = options_.clock->Now() + backoff_;
  backoff_ = std::min(2 * backoff_, kBackoffMax);
}

absl::Status Checkpointer::CheckRoom() const {
  MAB_ASSIGN_OR_RETURN(const uint64_t free_bytes, options_.journal->FreeBytes());
  const uint64_t needed = StickyCheckpointBytes(options_.sticky_map->size()) + kSpareBytes;
  if (free_bytes >= needed) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("it needs ", needed, " bytes, and ", free_bytes, " are free"));
}

uint64_t Checkpointer::settles_through() const {
  absl::MutexLock lock(&cover_mutex_);
  return covering_.value_or(options_.journal->synced());
}

CheckpointCover Checkpointer::BeginCover() {
  const uint64_t drained = options_.drained();
  absl::MutexLock lock(&cover_mutex_);
  // What is only written could still be lost, and its sequence numbers given again.
  covering_ = options_.journal->synced();
  return {options_.journal->id(), *covering_, drained};
}

void Checkpointer::EndCover() {
  absl::MutexLock lock(&cover_mutex_);
  covering_.reset();
}

absl::Status Checkpointer::Write() {
  SegmentJournal& journal = *options_.journal;
  const CheckpointCover cover = BeginCover();
  const absl::Cleanup end_cover = [this] { EndCover(); };
  // Before the copy: what goes while it is made is for the next one.
  const bool removed = removed_.exchange(false, std::memory_order_acq_rel);
  absl::Cleanup ask_again = [this, removed] {
    if (removed) RequestWithoutRemoved();
  };
  if (exists_ && cover.sequence <= covered() && !removed) return absl::OkStatus();
  MAB_RETURN_IF_ERROR(CheckRoom());
  const uint64_t journal_bytes = JournalBytes();
  const absl::Time began = options_.clock->Now();
  MAB_ASSIGN_OR_RETURN(
      checkpoint_bytes_,
      WriteStickyCheckpoint(
          *options_.sticky_map, cover,
          [&](uint64_t sequence) { return journal.WasWritten(sequence); }, options_.path));
  std::move(ask_again).Cancel();
  exists_ = true;
  written_at_ = began;
  journal_bytes_ = journal_bytes;
  covered_.store(cover.sequence, std::memory_order_release);
  sequence_gauge_.Set(static_cast<double>(cover.sequence));
  bytes_gauge_.Set(static_cast<double>(checkpoint_bytes_));
  seconds_gauge_.Set(absl::ToDoubleSeconds(options_.clock->Now() - began));
  return absl::OkStatus();
}

}  // namespace mab::assignment
