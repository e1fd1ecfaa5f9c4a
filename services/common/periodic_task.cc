#include "common/periodic_task.h"

#include <utility>

namespace mab {

PeriodicTask::PeriodicTask(absl::Duration interval, std::function<void()> work,
                           std::optional<absl::Duration> first_after)
    : interval_(interval), first_after_(first_after.value_or(interval)), work_(std::move(work)) {}

PeriodicTask::~PeriodicTask() { Stop(); }

void PeriodicTask::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void PeriodicTask::Stop() {
  if (!thread_.joinable()) return;
  pause_.End();
  thread_.join();
}

void PeriodicTask::Loop() {
  for (absl::Duration wait = first_after_; !pause_.For(wait); wait = interval_) work_();
}

}  // namespace mab
