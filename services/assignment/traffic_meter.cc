#include "assignment/traffic_meter.h"

namespace mab::assignment {

void TrafficMeter::Sample() {
  const Sampled sampled{.at = clock_->Now(), .counts = counts_()};
  absl::MutexLock lock(&mutex_);
  // A clock that was set back measures nothing across it.
  if (!samples_.empty() && sampled.at <= samples_.back().at) samples_.clear();
  samples_.push_back(sampled);
  if (samples_.size() > kSeconds + 1) samples_.pop_front();
}

TrafficRates TrafficMeter::rates() const {
  absl::MutexLock lock(&mutex_);
  if (samples_.size() < 2) return {};
  const Sampled& from = samples_.front();
  const Sampled& to = samples_.back();
  const absl::Duration window = to.at - from.at;
  const auto rate = [&](uint64_t TrafficCounts::*count) {
    return static_cast<double>(to.counts.*count - from.counts.*count) /
           absl::ToDoubleSeconds(window);
  };
  return {.assigns = rate(&TrafficCounts::assigns),
          .conversions = rate(&TrafficCounts::conversions),
          .exposures = rate(&TrafficCounts::exposures),
          .window = window};
}

}  // namespace mab::assignment
