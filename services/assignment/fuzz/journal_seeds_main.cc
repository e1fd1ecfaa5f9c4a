// Writes what journal_reader_fuzzer begins with into a directory: journal_seeds DIRECTORY.
#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>

#include "assignment/fuzz/fuzzed_segments.h"
#include "assignment/testing/journal_bytes.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("journal_seeds DIRECTORY\n", stderr);
    return 2;
  }
  const std::string directory = argv[1];
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    std::fprintf(stderr, "%s: %s\n", directory.c_str(), error.message().c_str());
    return 1;
  }
  int number = 0;
  for (const std::string& seed : mab::assignment::FuzzSeeds()) {
    mab::assignment::WriteFile(directory + "/seed-" + std::to_string(++number), seed);
  }
  return 0;
}
