#include "assignment/fuzz/journal_invariants.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "assignment/event_codec.h"
#include "assignment/journal_recovery.h"
#include "assignment/segment_dump.h"
#include "assignment/segment_reader.h"
#include "assignment/testing/journal_bytes.h"

namespace mab::assignment {
namespace {

void Require(bool holds, absl::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", std::string(what).c_str());
  std::abort();
}

// Bodies by sequence.
using Bodies = std::map<uint64_t, std::string>;

struct Recovered {
  absl::StatusOr<JournalTail> tail = absl::UnknownError("not run");
  Bodies bodies;
};

// The records after `through`; all of them where that is nullopt.
Recovered Recover(const std::string& directory, std::optional<uint64_t> through) {
  Recovered recovered;
  uint64_t last = through.value_or(0);
  recovered.tail = RecoverJournal(directory, {.journal_id = {}, .through = through},
                                  [&](const storage::SequencedEvent& event) -> absl::Status {
                                    Require(event.sequence > last, "sequences grow");
                                    last = event.sequence;
                                    std::string body;
                                    Require(EncodeEvent(event.event, &body).ok(),
                                            "what was read can be written");
                                    recovered.bodies[event.sequence] = std::move(body);
                                    return absl::OkStatus();
                                  });
  return recovered;
}

// A record as the reader gave it is what stands in the file.
void CheckRecord(const JournalRecord& record, const SegmentReader& segment,
                 absl::string_view file) {
  const size_t bytes = kRecordHeaderBytes + record.body.size();
  Require(segment.offset() <= file.size() && bytes <= segment.offset() - kSegmentHeaderBytes,
          "a record is within its file");
  Require(record.body.size() <= kRecordBodyBytesMax, "a body has a limit");
  Require(record.synced < record.sequence || record.sequence == 0, "nothing is synced ahead");
  const absl::string_view raw = file.substr(segment.offset() - bytes, bytes);
  Require(raw.substr(kRecordHeaderBytes) == record.body, "a body is what stands in the file");
  if (record.synced == 0) return;  // more than one distance says so
  Require(RawRecord(record.type, record.sequence, record.synced, record.body,
                    segment.header().journal_id) == raw,
          "a record is written as it was read");
}

// Reads one file to its end; the bodies that are events.
Bodies CheckSegment(const std::string& path, absl::string_view file) {
  Bodies bodies;
  const absl::StatusOr<std::unique_ptr<SegmentReader>> opened = SegmentReader::Open(path);
  if (!opened.ok()) {
    Require(absl::IsDataLoss(opened.status()) || absl::IsFailedPrecondition(opened.status()),
            "a bad header is damage or a newer build's");
    return bodies;
  }
  SegmentReader& segment = **opened;
  uint64_t last = segment.header().previous_last_sequence;
  while (true) {
    JournalRecord record;
    const uint64_t offset = segment.offset();
    const absl::StatusOr<SegmentReader::Outcome> outcome = segment.Next(&record);
    Require(outcome.ok(), "a file that can be read is read");
    if (*outcome != SegmentReader::Outcome::kRecord) {
      Require(segment.offset() == offset, "what is no record is not passed");
      Require((*outcome == SegmentReader::Outcome::kEnd) == (offset == file.size()),
              "the end is where the file ends");
      Require(segment.damage().empty() == (*outcome == SegmentReader::Outcome::kEnd),
              "damage has a reason");
      return bodies;
    }
    Require(record.sequence > last && record.sequence >= segment.header().first_sequence,
            "sequences grow within a segment");
    last = record.sequence;
    CheckRecord(record, segment, file);
    const auto event = DecodeEvent(static_cast<RecordType>(record.type), record.body);
    if (!event.ok()) continue;
    std::string body;
    Require(EncodeEvent(*event, &body).ok() && body == record.body,
            "an event is written as it was read");
    bodies[record.sequence] = std::move(body);
  }
}

// What the dump says agrees with what recovery says.
void CheckDump(const std::string& directory, const Recovered& recovered) {
  size_t records = 0;
  const absl::StatusOr<DumpEnd> end = DumpJournal(directory, [&](absl::string_view line) {
    for (const char c : line) Require(c >= 0x20 && c < 0x7f, "a line is printable");
    if (absl::StartsWith(line, "{\"sequence\":")) ++records;
  });
  Require(end.ok(), "a directory that can be read is dumped");
  if (!recovered.tail.ok()) return;
  // Torn may also be the end of a segment that another one follows.
  Require(*end == DumpEnd::kTorn || (*end == DumpEnd::kClean && recovered.tail->torn_bytes == 0),
          "the dump sees the end that recovery sees");
  Require(records == recovered.bodies.size(), "the dump has the records that recovery has");
}

void CheckTail(const JournalTail& tail, const std::vector<FuzzedFile>& files,
               const Recovered& recovered) {
  uint64_t bytes = 0;
  for (const FuzzedFile& file : files) bytes += file.bytes.size();
  Require(tail.good_bytes + tail.torn_bytes == files.back().bytes.size(),
          "the last segment is good and torn bytes");
  Require(tail.good_bytes >= kSegmentHeaderBytes, "a segment has its header");
  Require(tail.synced_bytes >= kSegmentHeaderBytes && tail.synced_bytes <= tail.good_bytes,
          "what is synced is good");
  Require(tail.journal_bytes + tail.torn_bytes == bytes, "all bytes are counted");
  Require(tail.next_sequence > tail.last_sequence, "a sequence is never used again");
  Require(recovered.bodies.empty() || recovered.bodies.rbegin()->first == tail.last_sequence,
          "the last record is the tail's");
}

// Whoever knows the first records already gets the rest; who knows more than there is learns that
// it is gone.
void CheckTheRest(const std::string& directory, const Recovered& all) {
  const uint64_t last = all.tail->last_sequence;
  if (last < UINT64_MAX) {
    Require(absl::IsDataLoss(Recover(directory, last + 1).tail.status()),
            "a journal that ends too early is refused");
  }
  if (all.bodies.empty()) return;
  auto middle = all.bodies.begin();
  std::advance(middle, all.bodies.size() / 2);
  const Recovered rest = Recover(directory, middle->first);
  Require(rest.tail.ok(), "a part of a good journal is good");
  Require(rest.bodies == Bodies(std::next(middle), all.bodies.end()), "the rest is the rest");
}

// After the cut the journal is clean, has the same records, and takes one more.
void CheckGoesOn(const std::string& directory, const Recovered& before) {
  const JournalTail& tail = *before.tail;
  std::filesystem::resize_file(tail.path, tail.good_bytes);
  Recovered cut = Recover(directory, std::nullopt);
  Require(cut.tail.ok() && cut.tail->torn_bytes == 0, "a journal that was cut is clean");
  Require(cut.bodies == before.bodies, "a cut takes no record");
  if (tail.next_sequence == 0) return;  // the very last number was used

  std::string bytes = ReadFile(tail.path);
  std::string body;
  Require(EncodeEvent(SampleExposure(9), &body).ok(), "a sample can be written");
  bytes += RawRecord(static_cast<uint8_t>(RecordType::kExposure), tail.next_sequence,
                     tail.last_sequence, body, tail.journal_id);
  WriteFile(tail.path, bytes);
  const Recovered after = Recover(directory, std::nullopt);
  cut.bodies[tail.next_sequence] = body;
  Require(after.tail.ok() && after.tail->torn_bytes == 0 && after.bodies == cut.bodies,
          "a journal goes on after its last record");
}

}  // namespace

void CheckJournal(const std::string& directory, const std::vector<FuzzedFile>& files) {
  Bodies on_disk;
  for (const FuzzedFile& file : files) {
    on_disk.merge(CheckSegment(directory + "/" + file.name, file.bytes));
  }
  const Recovered recovered = Recover(directory, std::nullopt);
  for (const auto& [sequence, body] : recovered.bodies) {
    Require(on_disk.contains(sequence), "what is recovered is on the disk");
  }
  CheckDump(directory, recovered);
  for (const FuzzedFile& file : files) {
    Require(ReadFile(directory + "/" + file.name) == file.bytes, "reading changes nothing");
  }
  if (!recovered.tail.ok()) {
    Require(absl::IsDataLoss(recovered.tail.status()) ||
                absl::IsFailedPrecondition(recovered.tail.status()),
            "what is refused is damage or a newer build's");
    return;
  }
  if (files.empty()) return;
  CheckTail(*recovered.tail, files, recovered);
  CheckTheRest(directory, recovered);
  CheckGoesOn(directory, recovered);
}

}  // namespace mab::assignment
