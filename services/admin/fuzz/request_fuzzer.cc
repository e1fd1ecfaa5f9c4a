// libFuzzer's way into the validators of requests. `./mab fuzz` runs it.
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "admin/fuzz/request_invariants.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  (void)mab::admin::CheckRequest(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
