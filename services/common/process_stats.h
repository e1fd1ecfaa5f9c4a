// Facts about this process, for health and metrics.
#pragma once

namespace mab {

// Resident memory in MiB; 0 where /proc is not there.
double ResidentMemoryMb();
// The load average of the last minute.
double LoadAverage();

}  // namespace mab
