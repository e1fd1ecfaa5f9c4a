#include "assignment/segment_dump.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "assignment/damage.h"
#include "assignment/event_codec.h"
#include "assignment/event_json.h"
#include "assignment/journal_directory.h"
#include "assignment/journal_file.h"
#include "assignment/json_line.h"
#include "assignment/segment_reader.h"
#include "common/status_macros.h"

namespace mab::assignment {
namespace {

namespace fs = std::filesystem;

// Where the segment before ended, for the one after it.
struct Before {
  Uuid journal_id;
  uint64_t last_sequence = 0;
};

// The segment after, for the one before it.
struct After {
  bool exists = false;
  // The last record before it; nullopt where its header does not say.
  std::optional<uint64_t> previous_last_sequence;
};

void PrintHeader(const SegmentReader& segment, const PrintLine& print) {
  const SegmentHeader& header = segment.header();
  JsonLine line;
  line.Text("segment", segment.path())
      .Text("journal_id", header.journal_id.ToString())
      .Text("database_id", header.database_id.IsNil() ? "" : header.database_id.ToString())
      .Integer("first_sequence", header.first_sequence)
      .Integer("previous_last_sequence", header.previous_last_sequence)
      .Time("created_at", header.created_at);
  print(line.ToString());
}

// Whether the body is an event. (An unknown type is one of a newer build: not damage.)
bool PrintRecord(const JournalRecord& record, uint64_t end_offset, const PrintLine& print) {
  const auto type = static_cast<RecordType>(record.type);
  const size_t bytes = kRecordHeaderBytes + record.body.size();
  JsonLine line;
  line.Integer("sequence", record.sequence)
      .Text("type", RecordTypeName(type))
      .Integer("synced", record.synced)
      .Integer("offset", end_offset - bytes)
      .Integer("bytes", bytes);
  const absl::StatusOr<storage::Event> event = DecodeEvent(type, record.body);
  if (event.ok()) {
    AddEventFields(*event, line);
  } else {
    line.Integer("type_number", record.type)
        .Text("error", event.status().message())
        .Hex("body", record.body);
  }
  print(line.ToString());
  return !absl::IsDataLoss(event.status());
}

void PrintBadHeader(const std::string& path, absl::string_view why, const PrintLine& print) {
  JsonLine line;
  line.Text("segment", path).Text("end", "damaged").Integer("offset", 0).Text("why", why);
  print(line.ToString());
}

void PrintEnd(const SegmentReader& segment, DumpEnd end, uint64_t records, const PrintLine& print) {
  JsonLine line;
  line.Text("end", end == DumpEnd::kClean ? "clean" : end == DumpEnd::kTorn ? "torn" : "damaged");
  line.Integer("offset", segment.offset()).Integer("records", records);
  if (end != DumpEnd::kClean) {
    std::error_code error;
    const uint64_t size = fs::file_size(segment.path(), error);
    line.Text("why", segment.damage());
    if (!error && size >= segment.offset()) line.Integer("bytes", size - segment.offset());
  }
  print(line.ToString());
}

class SegmentDump {
 public:
  SegmentDump(std::unique_ptr<SegmentReader> segment, const After& after, const PrintLine& print)
      : segment_(std::move(segment)), after_(after), print_(print) {}

  absl::StatusOr<DumpEnd> Run() {
    PrintHeader(*segment_, print_);
    MAB_ASSIGN_OR_RETURN(const DumpEnd end, PrintRecords());
    PrintEnd(*segment_, end, records_, print_);
    return std::max(end, bodies_);
  }
  const SegmentReader& segment() const { return *segment_; }

 private:
  absl::StatusOr<DumpEnd> PrintRecords() {
    while (true) {
      MAB_ASSIGN_OR_RETURN(const bool more, PrintNext());
      if (more) continue;
      if (segment_->damage().empty()) return DumpEnd::kClean;
      MAB_ASSIGN_OR_RETURN(const DumpEnd end, Judge());
      // What was being written a moment ago may be whole by now.
      MAB_ASSIGN_OR_RETURN(const bool grown, PrintNext());
      if (!grown) return segment_->damage().empty() ? DumpEnd::kClean : end;
    }
  }

  // What the bytes after the last good record are.
  absl::StatusOr<DumpEnd> Judge() const {
    if (after_.exists) {
      // Where the next segment follows the last good record, no record was here.
      return after_.previous_last_sequence == segment_->last_sequence() ? DumpEnd::kTorn
                                                                        : DumpEnd::kDamaged;
    }
    MAB_ASSIGN_OR_RETURN(const Damage damage, JudgeDamage(*segment_));
    return damage == Damage::kTornEnd ? DumpEnd::kTorn : DumpEnd::kDamaged;
  }

  // False where no good record follows.
  absl::StatusOr<bool> PrintNext() {
    JournalRecord record;
    MAB_ASSIGN_OR_RETURN(const SegmentReader::Outcome outcome, segment_->Next(&record));
    if (outcome != SegmentReader::Outcome::kRecord) return false;
    ++records_;
    if (!PrintRecord(record, segment_->offset(), print_)) bodies_ = DumpEnd::kDamaged;
    return true;
  }

  const std::unique_ptr<SegmentReader> segment_;
  const After after_;
  const PrintLine& print_;
  uint64_t records_ = 0;
  DumpEnd bodies_ = DumpEnd::kClean;
};

// The gap between two segments; empty: there is none.
std::string GapBetween(const Before& before, const SegmentHeader& header) {
  if (header.journal_id != before.journal_id) return "the next segment is of another journal";
  if (header.previous_last_sequence == before.last_sequence) return "";
  return absl::StrCat("the last good record is ", before.last_sequence,
                      ", and the next segment follows record ", header.previous_last_sequence);
}

After AfterOf(const std::vector<SegmentFile>& files, uint64_t first_sequence) {
  for (const SegmentFile& file : files) {
    if (file.first_sequence <= first_sequence) continue;
    const absl::StatusOr<std::unique_ptr<SegmentReader>> next = SegmentReader::Open(file.path);
    if (!next.ok()) return {.exists = true, .previous_last_sequence = std::nullopt};
    return {.exists = true, .previous_last_sequence = (*next)->header().previous_last_sequence};
  }
  return {};
}

// One file. `before` is null where there is no segment before it, and is told where this one ends.
absl::StatusOr<DumpEnd> DumpSegment(const std::string& path, const std::vector<SegmentFile>& files,
                                    std::optional<Before>* before, const PrintLine& print) {
  absl::StatusOr<std::unique_ptr<SegmentReader>> opened = SegmentReader::Open(path);
  if (absl::IsDataLoss(opened.status()) || absl::IsFailedPrecondition(opened.status())) {
    PrintBadHeader(path, opened.status().message(), print);
    before->reset();
    return DumpEnd::kDamaged;
  }
  MAB_RETURN_IF_ERROR(opened.status());
  const SegmentHeader header = (*opened)->header();
  const std::string gap = before->has_value() ? GapBetween(**before, header) : "";
  if (!gap.empty()) print(JsonLine().Text("gap", gap).ToString());
  SegmentDump dump(*std::move(opened), AfterOf(files, header.first_sequence), print);
  MAB_ASSIGN_OR_RETURN(const DumpEnd end, dump.Run());
  *before = Before{header.journal_id, dump.segment().last_sequence()};
  return gap.empty() ? end : DumpEnd::kDamaged;
}

absl::StatusOr<DumpEnd> DumpDirectory(const std::string& path, const PrintLine& print) {
  MAB_ASSIGN_OR_RETURN(const std::vector<SegmentFile> files, ListSegments(path));
  DumpEnd worst = DumpEnd::kClean;
  std::optional<Before> before;
  for (const SegmentFile& file : files) {
    const absl::StatusOr<DumpEnd> end = DumpSegment(file.path, files, &before, print);
    // The oldest ones are removed while we read: what follows them is the journal's beginning.
    if (absl::IsNotFound(end.status())) {
      before.reset();
      continue;
    }
    MAB_RETURN_IF_ERROR(end.status());
    worst = std::max(worst, *end);
  }
  return worst;
}

absl::StatusOr<DumpEnd> DumpFile(const std::string& path, const PrintLine& print) {
  const fs::path directory = fs::absolute(path).parent_path();
  MAB_ASSIGN_OR_RETURN(const std::vector<SegmentFile> files, ListSegments(directory.string()));
  std::optional<Before> none;
  return DumpSegment(path, files, &none, print);
}

}  // namespace

absl::StatusOr<DumpEnd> DumpJournal(const std::string& path, const PrintLine& print) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::is_directory(status)) return DumpDirectory(path, print);
  if (fs::is_regular_file(status)) return DumpFile(path, print);
  if (error) return FileError("open", path, error.value());
  return absl::InvalidArgumentError(absl::StrCat(path, " is neither a file nor a directory"));
}

int RunDump(const std::vector<std::string>& paths) {
  if (paths.empty()) {
    std::fputs("mab-assignment: dump needs a segment or a journal's directory\n", stderr);
    return 2;
  }
  int exit_status = 0;
  for (const std::string& path : paths) {
    const absl::StatusOr<DumpEnd> end = DumpJournal(path, [](absl::string_view line) {
      std::fwrite(line.data(), 1, line.size(), stdout);
      std::fputc('\n', stdout);
    });
    if (!end.ok()) {
      std::fprintf(stderr, "mab-assignment: %s\n", std::string(end.status().message()).c_str());
      exit_status = 2;
    } else if (*end == DumpEnd::kDamaged) {
      exit_status = std::max(exit_status, 1);
    }
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::fputs("mab-assignment: not everything could be printed\n", stderr);
    return 2;
  }
  return exit_status;
}

}  // namespace mab::assignment
