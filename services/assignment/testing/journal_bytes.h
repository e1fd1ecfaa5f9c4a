// Segments made byte by byte, and files of them: for the tests of what reads a journal.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/string_view.h"
#include "assignment/event_codec.h"
#include "assignment/journal_format.h"
#include "storage/event.h"
#include "storage/testing/sample_events.h"

namespace mab::assignment {

inline std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void WriteFile(const std::string& path, absl::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) std::abort();
}

inline std::string Flipped(std::string bytes, size_t at) {
  bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
  return bytes;
}

inline Uuid SampleJournalId(uint8_t number = 1) {
  Uuid id;
  id.bytes[0] = 0x4a;
  id.bytes[15] = number;
  return id;
}

inline SegmentHeader SampleSegmentHeader(uint64_t first_sequence = 1,
                                         uint64_t previous_last_sequence = 0) {
  return {.journal_id = SampleJournalId(),
          .database_id = {},
          .first_sequence = first_sequence,
          .previous_last_sequence = previous_last_sequence,
          .created_at = kSampleTime};
}

// A record with the right checksum, of any type and body.
inline std::string RawRecord(uint8_t type, uint64_t sequence, uint64_t synced,
                             absl::string_view body, const Uuid& journal_id = SampleJournalId()) {
  std::string record;
  AppendRecordHeader(type, sequence, synced, body.size(),
                     RecordBodyChecksum(RecordChecksumSeed(journal_id), body), &record);
  record.append(body.data(), body.size());
  return record;
}

inline std::string RecordOf(const storage::Event& event, uint64_t sequence, uint64_t synced = 0) {
  std::string body;
  if (!EncodeEvent(event, &body).ok()) std::abort();
  return RawRecord(static_cast<uint8_t>(TypeOf(event)), sequence, synced, body);
}

// Writes the segment under its own name, and returns its path.
inline std::string WriteSegment(const std::string& directory, const SegmentHeader& header,
                                absl::string_view records) {
  const std::string path = directory + "/" + SegmentFileName(header.first_sequence);
  WriteFile(path, EncodeSegmentHeader(header) + std::string(records));
  return path;
}

}  // namespace mab::assignment
