// What a fuzzer's input says of a journal's directory. The first byte chooses how the rest is
// taken, so that bytes of chance get past the checksums, and each layer of the reader is reached.
//
// Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "storage/event.h"

namespace mab::assignment {

enum class FuzzStrategy : uint8_t {
  kRawFile,         // a whole file
  kRawRecords,      // all that follows a good header
  kRecords,         // the types and bodies of records with good checksums
  kDamagedJournal,  // cuts, changed bytes and inserted bytes in a good journal of several segments
  kSegments,        // several segments with good checksums, but headers and sequences of any kind
};
inline constexpr uint8_t kFuzzStrategies = 5;

struct FuzzedFile {
  std::string name;
  std::string bytes;
};

// Names are segments' names, each once. Of an empty input: none.
std::vector<FuzzedFile> FuzzedSegments(absl::string_view input);

// Inputs to begin with, each of which is a good journal or nearly one.
std::vector<std::string> FuzzSeeds();

}  // namespace mab::assignment
