#include "assignment/fuzz/fuzzed_segments.h"

#include <algorithm>
#include <map>
#include <utility>

#include "assignment/byte_codec.h"
#include "assignment/event_codec.h"
#include "assignment/journal_format.h"
#include "assignment/testing/journal_bytes.h"
#include "storage/testing/sample_events.h"

namespace mab::assignment {
namespace {

constexpr size_t kFirstSequenceOffset = 44;
constexpr size_t kSegmentsMax = 6;
constexpr size_t kRecordsMax = 200;

// The input, taken piece by piece; zeros past its end.
class Input {
 public:
  explicit Input(absl::string_view bytes) : bytes_(bytes) {}
  bool empty() const { return bytes_.empty(); }
  uint8_t U8() { return empty() ? 0 : static_cast<uint8_t>(Take(1)[0]); }
  uint16_t U16() {
    const uint8_t low = U8();
    return static_cast<uint16_t>(low | U8() << 8);
  }
  absl::string_view Take(size_t count) {
    const absl::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(taken.size());
    return taken;
  }
  absl::string_view Rest() { return Take(bytes_.size()); }

 private:
  absl::string_view bytes_;
};

std::string NameOf(absl::string_view file) {
  uint64_t first_sequence = 1;
  if (file.size() >= kFirstSequenceOffset + 8) {
    first_sequence = ByteReader(file.substr(kFirstSequenceOffset, 8)).U64();
  }
  return SegmentFileName(first_sequence);
}

// Records with good checksums after `sequence`, which becomes that of the last one.
std::string Records(Input& input, size_t count, const Uuid& journal_id, uint64_t& sequence) {
  std::string records;
  for (size_t i = 0; i < count && !input.empty(); ++i) {
    const uint8_t type = input.U8();
    const uint8_t step = input.U8();
    // Mostly what follows; now and then one that does not grow, or is far away.
    if (step == 255) {
      sequence = uint64_t{input.U16()} << 48 | sequence;
    } else if (step != 0) {
      sequence += 1 + step % 3;
    }
    const uint8_t distance = input.U8();
    const uint64_t synced = sequence > distance ? sequence - distance - 1 : 0;
    records += RawRecord(type, sequence, synced, input.Take(input.U16()), journal_id);
  }
  return records;
}

std::vector<FuzzedFile> RecordsFile(Input input) {
  uint64_t sequence = 0;
  std::string bytes = EncodeSegmentHeader(SampleSegmentHeader());
  bytes += Records(input, kRecordsMax, SampleJournalId(), sequence);
  return {{SegmentFileName(1), bytes}};
}

std::vector<FuzzedFile> SegmentFiles(Input input) {
  std::map<uint64_t, std::string> files;
  uint64_t sequence = 0;
  while (!input.empty() && files.size() < kSegmentsMax) {
    const uint8_t oddities = input.U8();
    SegmentHeader header = SampleSegmentHeader(sequence + 1, sequence);
    if (oddities & 1) header.journal_id = SampleJournalId(input.U8());
    if (oddities & 2) header.database_id = SampleJournalId(input.U8() % 3);
    if (oddities & 4) header.first_sequence += input.U8();
    if (oddities & 8) header.previous_last_sequence = input.U16();
    if (oddities & 16) header.created_at = absl::FromUnixMicros(INT64_MIN + input.U8());
    std::string bytes = EncodeSegmentHeader(header);
    bytes += Records(input, input.U8() % 16, header.journal_id, sequence);
    if (oddities & 32) bytes += std::string(input.Take(input.U8()));
    files[header.first_sequence] = bytes;
  }
  std::vector<FuzzedFile> result;
  for (const auto& [first, bytes] : files) result.push_back({SegmentFileName(first), bytes});
  return result;
}

// Three segments of each kind of event; every third record is known to be synced by the next.
std::vector<FuzzedFile> GoodJournal() {
  std::vector<FuzzedFile> files;
  uint64_t sequence = 0;
  for (int segment = 0; segment < 3; ++segment) {
    std::string bytes = EncodeSegmentHeader(SampleSegmentHeader(sequence + 1, sequence));
    const std::string name = SegmentFileName(sequence + 1);
    for (const storage::Event& event : SampleOfEach()) {
      ++sequence;
      bytes += RecordOf(event, sequence, (sequence - 1) / 3 * 3);
    }
    files.push_back({name, bytes});
  }
  return files;
}

std::vector<FuzzedFile> DamagedJournal(Input input) {
  std::vector<FuzzedFile> files = GoodJournal();
  while (!input.empty() && !files.empty()) {
    const uint8_t what = input.U8();
    const size_t which = (what >> 4) % files.size();
    std::string& bytes = files[which].bytes;
    const size_t at = bytes.empty() ? 0 : input.U16() % bytes.size();
    switch (what % 5) {
      case 0:
        if (!bytes.empty()) bytes[at] = static_cast<char>(bytes[at] ^ input.U8());
        break;
      case 1:
        bytes.resize(at);
        break;
      case 2:
        bytes.insert(at, std::string(input.Take(input.U8())));
        break;
      case 3:
        bytes.erase(at, input.U16());
        break;
      default:
        files.erase(files.begin() + static_cast<std::ptrdiff_t>(which));
    }
  }
  return files;
}

std::string Seed(FuzzStrategy strategy, absl::string_view rest) {
  return std::string(1, static_cast<char>(strategy)) + std::string(rest);
}

// The events as kRecords takes them.
std::string AsRecords(const std::vector<storage::Event>& events) {
  std::string bytes;
  ByteWriter out(&bytes);
  for (const storage::Event& event : events) {
    std::string body;
    if (!EncodeEvent(event, &body).ok()) continue;
    out.U8(static_cast<uint8_t>(TypeOf(event)));
    out.U8(3);  // the next sequence
    out.U8(0);  // all before it synced
    out.U16(static_cast<uint16_t>(body.size()));
    out.Bytes(body);
  }
  return bytes;
}

}  // namespace

std::vector<FuzzedFile> FuzzedSegments(absl::string_view input) {
  if (input.empty()) return {};
  const auto strategy = static_cast<FuzzStrategy>(static_cast<uint8_t>(input[0]) % kFuzzStrategies);
  Input rest(input.substr(1));
  switch (strategy) {
    case FuzzStrategy::kRawFile: {
      const absl::string_view bytes = rest.Rest();
      return {{NameOf(bytes), std::string(bytes)}};
    }
    case FuzzStrategy::kRawRecords:
      return {{SegmentFileName(1),
               EncodeSegmentHeader(SampleSegmentHeader()) + std::string(rest.Rest())}};
    case FuzzStrategy::kRecords:
      return RecordsFile(rest);
    case FuzzStrategy::kDamagedJournal:
      return DamagedJournal(rest);
    case FuzzStrategy::kSegments:
      return SegmentFiles(rest);
  }
  return {};
}

std::vector<std::string> FuzzSeeds() {
  std::vector<std::string> seeds;
  const std::vector<FuzzedFile> good = GoodJournal();
  for (const FuzzedFile& file : good) seeds.push_back(Seed(FuzzStrategy::kRawFile, file.bytes));
  const std::string records = good[0].bytes.substr(kSegmentHeaderBytes);
  seeds.push_back(Seed(FuzzStrategy::kRawRecords, records));
  seeds.push_back(Seed(FuzzStrategy::kRawRecords, records.substr(0, records.size() - 5)));
  seeds.push_back(Seed(FuzzStrategy::kRawRecords, Flipped(records, records.size() / 2)));
  seeds.push_back(Seed(FuzzStrategy::kRawRecords, records + std::string(100, '\0')));
  seeds.push_back(Seed(FuzzStrategy::kRecords, AsRecords(SampleOfEach())));
  for (const storage::Event& event : SampleOfEach()) {
    seeds.push_back(Seed(FuzzStrategy::kRecords, AsRecords({event})));
  }
  seeds.push_back(Seed(FuzzStrategy::kDamagedJournal, ""));
  for (const char what : {0x00, 0x10, 0x20, 0x01, 0x11, 0x21, 0x22, 0x13, 0x24, 0x04}) {
    seeds.push_back(Seed(FuzzStrategy::kDamagedJournal, {std::string(1, what) + "\x60\x01\x04"}));
  }
  std::string segments;
  for (int i = 0; i < 3; ++i) {
    segments += std::string("\0\6", 2) + AsRecords(SampleOfEach());
  }
  seeds.push_back(Seed(FuzzStrategy::kSegments, segments));
  return seeds;
}

}  // namespace mab::assignment
