#include "simulation/progress_meter.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mab::simulation {

ProgressMeter::ProgressMeter(std::vector<std::string> policies, uint64_t runs,
                             double interval_seconds)
    : policies_(std::move(policies)),
      runs_(runs),
      interval_seconds_(interval_seconds),
      next_seconds_(interval_seconds) {}

std::optional<std::string> ProgressMeter::CountRun(double now_seconds) {
  const std::lock_guard lock(mutex_);
  ++done_;
  if (now_seconds < next_seconds_) return std::nullopt;
  next_seconds_ = now_seconds + interval_seconds_;
  const size_t policy = std::min<size_t>((done_ - 1) / runs_, policies_.size() - 1);
  return absl::StrCat(policies_[policy], " (", policy + 1, " of ", policies_.size(),
                      "): ", done_ - policy * runs_, " of ", runs_, " runs");
}

}  // namespace mab::simulation
