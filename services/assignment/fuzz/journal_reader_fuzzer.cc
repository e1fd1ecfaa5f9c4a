// libFuzzer's way into all that reads a journal: segments, recovery, the judgement of damage, the
// decoding of events, the dump. `./mab fuzz` runs it.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "assignment/fuzz/fuzzed_segments.h"
#include "assignment/fuzz/journal_invariants.h"
#include "assignment/testing/journal_bytes.h"
#include "assignment/testing/temp_directory.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using mab::assignment::FuzzedFile;
  static const mab::assignment::TempDirectory directory;
  const std::vector<FuzzedFile> files =
      mab::assignment::FuzzedSegments(absl::string_view(reinterpret_cast<const char*>(data), size));
  for (const FuzzedFile& file : files) {
    mab::assignment::WriteFile(directory.path() + "/" + file.name, file.bytes);
  }
  mab::assignment::CheckJournal(directory.path(), files);
  for (const FuzzedFile& file : files) {
    std::filesystem::remove(directory.path() + "/" + file.name);
  }
  return 0;
}
