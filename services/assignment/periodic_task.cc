#include "assignment/periodic_task.h"

#include <utility>

namespace mab::assignment {

PeriodicTask::PeriodicTask(absl::Duration interval, std::function<void()> work)
    : interval_(interval), work_(std::move(work)) {}

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
  while (!pause_.For(interval_)) work_();
}

}  // namespace mab::assignment
