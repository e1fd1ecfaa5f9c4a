#include "assignment/journal_reader.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "assignment/damage.h"
#include "assignment/journal_directory.h"
#include "common/status_macros.h"

namespace mab::assignment {
namespace {

// What an operator reads when the log is broken where no crash breaks it.
absl::Status Broken(const std::string& path, uint64_t offset, absl::string_view why) {
  return absl::DataLossError(
      absl::StrCat("the journal is damaged at ", path, ", offset ", offset, ": ", why,
                   ". This had been safely on the disk, so it is no crash that did it, and nothing "
                   "was changed. Copy the directory,"
                   " check the disk, and restore this file from a backup or a replica of the "
                   "volume. If there is none, set the whole"
                   " directory aside and start with an empty one: everything that reached "
                   "PostgreSQL is read back from there"));
}

absl::StatusOr<std::unique_ptr<SegmentReader>> OpenSegment(const std::string& path) {
  absl::StatusOr<std::unique_ptr<SegmentReader>> segment = SegmentReader::Open(path);
  if (absl::IsDataLoss(segment.status())) return Broken(path, 0, segment.status().message());
  return segment;
}

}  // namespace

absl::Status JournalReader::Seek(uint64_t after) {
  MAB_ASSIGN_OR_RETURN(const std::vector<SegmentFile> files, ListSegments(directory_));
  segment_ = nullptr;
  torn_ = false;
  position_ = after;
  // The last segment that can hold the next record, or the first one.
  size_t at = 0;
  while (at + 1 < files.size() && files[at + 1].first_sequence <= after + 1) ++at;
  if (at < files.size()) {
    MAB_ASSIGN_OR_RETURN(segment_, OpenSegment(files[at].path));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<JournalRecord>> JournalReader::Next(uint64_t through) {
  absl::StatusOr<std::optional<JournalRecord>> record = Read(through);
  if (record.ok() && !record->has_value()) ForgetReadAhead();
  return record;
}

void JournalReader::ForgetReadAhead() {
  if (segment_ != nullptr) segment_->ForgetReadAhead();
}

absl::StatusOr<std::optional<JournalRecord>> JournalReader::Read(uint64_t through) {
  if (segment_ == nullptr) MAB_RETURN_IF_ERROR(Seek(position_));
  bool sought_again = false;
  while (segment_ != nullptr && position_ < through) {
    JournalRecord record;
    MAB_ASSIGN_OR_RETURN(const SegmentReader::Outcome outcome, segment_->Next(&record));
    if (outcome == SegmentReader::Outcome::kRecord) {
      if (record.sequence <= position_) continue;  // Seek stopped in the middle of this segment
      position_ = record.sequence;
      return record;
    }
    MAB_ASSIGN_OR_RETURN(const bool more, NextSegment());
    if (more) continue;
    if (outcome == SegmentReader::Outcome::kDamaged) MAB_RETURN_IF_ERROR(AtDamage());
    if (through == kToTheEnd) break;
    if (!sought_again) {
      // A segment without records may have been replaced by another of its name.
      MAB_RETURN_IF_ERROR(Seek(position_));
      sought_again = true;
      continue;
    }
    return Broken(segment_->path(), segment_->offset(),
                  absl::StrCat("the log ends here, but went to record ", through));
  }
  return std::nullopt;
}

absl::StatusOr<bool> JournalReader::NextSegment() {
  MAB_ASSIGN_OR_RETURN(const std::vector<SegmentFile> files, ListSegments(directory_));
  for (const SegmentFile& file : files) {
    if (file.first_sequence <= segment_->header().first_sequence) continue;
    MAB_ASSIGN_OR_RETURN(std::unique_ptr<SegmentReader> next, OpenSegment(file.path));
    MAB_RETURN_IF_ERROR(CheckFollows(*next));
    segment_ = std::move(next);
    return true;
  }
  return false;
}

absl::Status JournalReader::CheckFollows(const SegmentReader& next) const {
  // A segment is begun when the one before is complete and on the disk.
  const std::string& why = segment_->damage();
  if (next.header().journal_id != segment_->header().journal_id) {
    return Broken(next.path(), 0, "it is a segment of another journal");
  }
  if (next.header().previous_last_sequence != segment_->last_sequence()) {
    return Broken(
        segment_->path(), segment_->offset(),
        absl::StrCat(why.empty() ? "records are missing" : why, "; the last good record is ",
                     segment_->last_sequence(), ", and the next segment follows record ",
                     next.header().previous_last_sequence));
  }
  return absl::OkStatus();
}

absl::Status JournalReader::AtDamage() {
  MAB_ASSIGN_OR_RETURN(const Damage damage, JudgeDamage(*segment_));
  if (damage == Damage::kBrokenMiddle) {
    return Broken(segment_->path(), segment_->offset(), segment_->damage());
  }
  torn_ = true;
  return absl::OkStatus();
}

}  // namespace mab::assignment
