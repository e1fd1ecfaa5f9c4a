// A thread that does something small every so often.
//
// Thread safety: Start and Stop from one thread.
#pragma once

#include <functional>
#include <optional>
#include <thread>

#include "absl/time/time.h"
#include "common/pause.h"

namespace mab {

class PeriodicTask {
 public:
  // The first time comes after `interval` too, unless `first_after` says otherwise.
  PeriodicTask(absl::Duration interval, std::function<void()> work,
               std::optional<absl::Duration> first_after = std::nullopt);
  ~PeriodicTask();

  void Start();
  // Waits for the work that is under way. Any number of times; nothing where it was not started.
  void Stop();
  // For the work, between two pieces of it: waits for so long. True: it is to stop.
  bool Pause(absl::Duration duration) { return pause_.For(duration); }

 private:
  void Loop();

  const absl::Duration interval_;
  const absl::Duration first_after_;
  const std::function<void()> work_;
  mab::Pause pause_;
  std::thread thread_;
};

}  // namespace mab
