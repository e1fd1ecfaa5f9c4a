#include "assignment/journal_recovery.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "assignment/event_codec.h"
#include "assignment/journal_directory.h"
#include "assignment/journal_format.h"
#include "assignment/journal_reader.h"
#include "assignment/segment_reader.h"
#include "common/error.h"
#include "common/log.h"
#include "common/status_macros.h"

namespace mab::assignment {
namespace {

absl::Status ReplayRecord(const JournalRecord& record, const SegmentReader& segment,
                          const ReplayEvent& replay) {
  absl::StatusOr<storage::Event> event =
      DecodeEvent(static_cast<RecordType>(record.type), record.body);
  if (!event.ok()) {
    return absl::Status(
        event.status().code(),
        absl::StrCat(segment.path(), ": record ", record.sequence, ", before offset ",
                     segment.offset(), ": ", event.status().message()));
  }
  return replay({.sequence = record.sequence, .event = *std::move(event)});
}

// The end of the last record of the segment that is not greater than `synced`.
absl::StatusOr<uint64_t> BytesThrough(const std::string& path, uint64_t synced) {
  MAB_ASSIGN_OR_RETURN(const std::unique_ptr<SegmentReader> segment, SegmentReader::Open(path));
  uint64_t bytes = segment->offset();
  while (segment->last_sequence() < synced) {
    JournalRecord record;
    MAB_ASSIGN_OR_RETURN(const SegmentReader::Outcome outcome, segment->Next(&record));
    if (outcome != SegmentReader::Outcome::kRecord || record.sequence > synced) break;
    bytes = segment->offset();
  }
  return bytes;
}

absl::Status MissingError(const std::string& directory, absl::string_view what,
                          const KnownRecords& known) {
  return absl::DataLossError(absl::StrCat(
      "the journal in ", directory, " ", what, ", but the records up to ", *known.through,
      " are known: segments are missing. Put them back; if they are gone, set the"
      " whole directory aside and start with an empty one"));
}

// That the segments begin where what is known ends, or before.
absl::Status CheckBegins(const std::string& directory, const SegmentHeader& first,
                         const KnownRecords& known) {
  if (!known.journal_id.IsNil() && first.journal_id != known.journal_id) {
    return FailedPreconditionError(
        kReasonFailedPrecondition,
        absl::StrCat("the checkpoint in ", directory,
                     " belongs to another journal than the segments: put the right files back, or"
                     " set the whole directory aside and start with an empty one"));
  }
  const uint64_t before = first.previous_last_sequence;
  if (!known.through.has_value() || before <= *known.through) return absl::OkStatus();
  return MissingError(directory, absl::StrCat("begins after record ", before), known);
}

// The segments' headers: one journal, one database.
absl::Status ReadHeaders(const std::vector<SegmentFile>& files, JournalTail* tail) {
  for (const SegmentFile& file : files) {
    MAB_ASSIGN_OR_RETURN(const std::unique_ptr<SegmentReader> segment,
                         SegmentReader::Open(file.path));
    const SegmentHeader& header = segment->header();
    tail->journal_id = header.journal_id;
    tail->last_segment_names_database = !header.database_id.IsNil();
    tail->journal_bytes += file.bytes;
    if (header.database_id.IsNil()) continue;
    if (!tail->database_id.IsNil() && tail->database_id != header.database_id) {
      return FailedPreconditionError(
          kReasonFailedPrecondition,
          absl::StrCat(file.path, " belongs to another database than the segments before it"));
    }
    tail->database_id = header.database_id;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<JournalTail> RecoverJournal(const std::string& directory, const KnownRecords& known,
                                           const ReplayEvent& replay) {
  MAB_ASSIGN_OR_RETURN(const std::vector<SegmentFile> files, ListSegments(directory));
  JournalTail tail;
  if (files.empty()) {
    if (known.through.value_or(0) > 0) return MissingError(directory, "has no segments", known);
    return tail;
  }
  JournalReader reader(directory);
  MAB_RETURN_IF_ERROR(reader.Seek(known.through.value_or(0)));
  MAB_RETURN_IF_ERROR(CheckBegins(directory, reader.segment()->header(), known));
  uint64_t synced = known.through.value_or(0);  // what is known was on the disk once
  while (true) {
    MAB_ASSIGN_OR_RETURN(const std::optional<JournalRecord> record, reader.Next());
    if (!record.has_value()) break;
    synced = std::max(synced, record->synced);
    tail.replayed_bytes += kRecordHeaderBytes + record->body.size();
    if (record->type == static_cast<uint8_t>(RecordType::kErasure)) {
      tail.last_erasure = record->sequence;
    }
    MAB_RETURN_IF_ERROR(ReplayRecord(*record, *reader.segment(), replay));
  }
  MAB_RETURN_IF_ERROR(ReadHeaders(files, &tail));
  const SegmentReader& last = *reader.segment();
  if (last.last_sequence() < known.through.value_or(0)) {
    return MissingError(directory, absl::StrCat("ends with record ", last.last_sequence()), known);
  }
  tail.path = last.path();
  tail.last_segment_first = last.header().first_sequence;
  tail.begun_at = last.header().created_at;
  tail.last_sequence = last.last_sequence();
  tail.next_sequence = std::max(tail.last_sequence + 1, last.header().first_sequence);
  tail.good_bytes = last.offset();
  tail.torn_bytes = files.back().bytes - last.offset();
  if (tail.torn_bytes > 0) {
    MAB_LOG(kWarning, "the journal's end was torn by a crash, and is cut",
            {{"file", tail.path}, {"offset", tail.good_bytes}, {"bytes", tail.torn_bytes}});
  }
  tail.journal_bytes -= tail.torn_bytes;
  MAB_ASSIGN_OR_RETURN(tail.synced_bytes, BytesThrough(tail.path, synced));
  return tail;
}

}  // namespace mab::assignment
