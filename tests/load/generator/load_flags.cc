#include "load_flags.h"

#include <algorithm>

#include "absl/flags/flag.h"

ABSL_FLAG(double, seconds, 3, "how long calls are sent");
ABSL_FLAG(uint64_t, experiments, 1,
          "experiments load-000000, load-000001, … that users are spread over");
ABSL_FLAG(uint64_t, known_first, 0, "number of the first user who was assigned before");
ABSL_FLAG(uint64_t, known_count, 1, "how many of them there are");
ABSL_FLAG(uint64_t, new_first, 0, "number of the first user whom nobody has assigned");
ABSL_FLAG(uint32_t, new_percent, 0, "share of the assigns that are of new users");
ABSL_FLAG(uint64_t, new_count, 0, "how many of them there are; then the run ends. 0: no end");
ABSL_FLAG(uint32_t, convert_percent, 0, "share of the calls that are conversions");
ABSL_FLAG(uint64_t, convert_first, 0, "number of the first user to convert");
ABSL_FLAG(uint64_t, convert_count, 0,
          "how many convert, each once; then the run ends. 0: those who were new in this run");

namespace mab::load {

CallPlan::Options PlanOfFlags(uint64_t worker, uint64_t workers, uint64_t calls_in_flight) {
  return {.experiments = std::max<uint64_t>(1, absl::GetFlag(FLAGS_experiments)),
          .known_first = absl::GetFlag(FLAGS_known_first),
          .known_count = std::max<uint64_t>(1, absl::GetFlag(FLAGS_known_count)),
          .new_first = absl::GetFlag(FLAGS_new_first),
          .new_percent = absl::GetFlag(FLAGS_new_percent),
          .new_count = absl::GetFlag(FLAGS_new_count),
          .convert_percent = absl::GetFlag(FLAGS_convert_percent),
          .convert_first = absl::GetFlag(FLAGS_convert_first),
          .convert_count = absl::GetFlag(FLAGS_convert_count),
          .convert_lag = 4 * calls_in_flight,
          .worker = worker,
          .workers = workers};
}

}  // namespace mab::load
