// Writes what request_fuzzer begins with into a directory: request_seeds DIRECTORY.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include "admin/fuzz/request_invariants.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("request_seeds DIRECTORY\n", stderr);
    return 2;
  }
  const std::string directory = argv[1];
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  int number = 0;
  for (const std::string& seed : mab::admin::RequestSeeds()) {
    std::ofstream file(directory + "/seed-" + std::to_string(++number), std::ios::binary);
    file << seed;
    if (!file.flush()) {
      std::fprintf(stderr, "%s can't be written to\n", directory.c_str());
      return 1;
    }
  }
  return 0;
}
