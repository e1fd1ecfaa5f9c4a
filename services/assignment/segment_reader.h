// Reads one segment, record by record, and trusts no byte of it. journal_reader.h goes from segment
// to segment.
//
// Thread safety: one thread. The journal may append to the file meanwhile: a record that it has
// written (Journal's WaitWritten) is read whole.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "assignment/journal_format.h"

namespace mab::assignment {

struct JournalRecord {
  uint64_t sequence = 0;
  uint64_t synced = 0;  // RecordHeader::synced()
  uint8_t type = 0;
  uint32_t checksum = 0;
  absl::string_view body;  // until the next call of the reader
};

class SegmentReader {
 public:
  enum class Outcome {
    kRecord,
    kEnd,      // the file ends after the last record
    kDamaged,  // what follows the last good record is not a record: damage() says why
  };

  // Errors: FileError; DATA_LOSS or FAILED_PRECONDITION (DecodeSegmentHeader) when the header is
  // bad or is not what the name says. Messages name the file.
  static absl::StatusOr<std::unique_ptr<SegmentReader>> Open(const std::string& path);
  ~SegmentReader();
  SegmentReader(const SegmentReader&) = delete;
  SegmentReader& operator=(const SegmentReader&) = delete;

  // After kEnd or kDamaged it may be called again: the file may have grown. An error is the file's,
  // not the record's.
  absl::StatusOr<Outcome> Next(JournalRecord* record);
  // Forgets what was read ahead of offset(): a failed write may be taken back and another take its
  // place.
  void ForgetReadAhead();

  const SegmentHeader& header() const { return header_; }
  const std::string& path() const { return path_; }
  // Where the last good record ends.
  uint64_t offset() const { return offset_; }
  // Of the last good record; header().previous_last_sequence before the first.
  uint64_t last_sequence() const { return last_sequence_; }
  const std::string& damage() const { return damage_; }

 private:
  SegmentReader(std::string path, int descriptor);

  // Makes `count` bytes from offset_ available, or as many as there are.
  absl::Status Fill(size_t count);
  absl::string_view Available() const { return absl::string_view(buffer_).substr(used_); }
  Outcome Damaged(std::string why);

  const std::string path_;
  const int descriptor_;
  SegmentHeader header_;
  uint32_t checksum_seed_ = 0;
  uint64_t offset_ = 0;
  uint64_t last_sequence_ = 0;
  // Bytes of the file; those before used_ are done with, and byte used_ is the one at offset_.
  std::string buffer_;
  size_t used_ = 0;
  std::string damage_;
};

}  // namespace mab::assignment
