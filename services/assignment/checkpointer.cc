#include "assignment/checkpointer.h"

#include <algorithm>
#include <utility>

#include "common/log.h"
#include "common/status_macros.h"

namespace mab::assignment {

Checkpointer::Checkpointer(Options options)
    : options_(std::move(options)),
      covered_(options_.loaded.has_value() ? options_.loaded->cover.sequence : 0),
      exists_(options_.loaded.has_value()),
      checkpoint_bytes_(exists_ ? options_.loaded->bytes : 0),
      appended_bytes_(0),
      sequence_gauge_(options_.metrics->Gauge("mab_checkpoint_sequence",
                                              "The last record that the newest checkpoint has.")),
      bytes_gauge_(options_.metrics->Gauge("mab_checkpoint_bytes",
                                           "Size of the newest checkpoint of the sticky map.")),
      seconds_gauge_(options_.metrics->Gauge("mab_checkpoint_write_seconds",
                                             "How long the newest checkpoint took.")) {
  sequence_gauge_.Set(static_cast<double>(covered()));
  bytes_gauge_.Set(static_cast<double>(checkpoint_bytes_));
}

bool Checkpointer::Due() const {
  const SegmentJournal& journal = *options_.journal;
  if (!options_.sticky_map->complete() || journal.synced() <= covered()) return false;
  const uint64_t grown = journal.room().written() - appended_bytes_;
  const bool pressing = journal.bytes_on_disk() >= options_.pressing_bytes;
  return grown >= (pressing ? options_.bytes_min : std::max(options_.bytes_min, checkpoint_bytes_));
}

void Checkpointer::WriteIfDue() {
  if (!Due()) return;
  if (absl::Status status = Write(); !status.ok()) {
    MAB_LOG(kError, "the sticky map's checkpoint was not written: segments stay until one is",
            {{"error", status}});
  }
}

absl::Status Checkpointer::Write() {
  SegmentJournal& journal = *options_.journal;
  // What is only written could still be lost, and its sequence numbers given again.
  const CheckpointCover cover{journal.id(), journal.synced(), options_.drained()};
  if (exists_ && cover.sequence <= covered()) return absl::OkStatus();
  const uint64_t appended_bytes = journal.room().written();
  const absl::Time began = options_.clock->Now();
  MAB_ASSIGN_OR_RETURN(
      checkpoint_bytes_,
      WriteStickyCheckpoint(
          *options_.sticky_map, cover,
          [&](uint64_t sequence) { return journal.WasWritten(sequence); }, options_.path));
  exists_ = true;
  appended_bytes_ = appended_bytes;
  covered_.store(cover.sequence, std::memory_order_release);
  sequence_gauge_.Set(static_cast<double>(cover.sequence));
  bytes_gauge_.Set(static_cast<double>(checkpoint_bytes_));
  seconds_gauge_.Set(absl::ToDoubleSeconds(options_.clock->Now() - began));
  return absl::OkStatus();
}

}  // namespace mab::assignment
