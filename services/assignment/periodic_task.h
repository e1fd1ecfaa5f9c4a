// A thread that does something small every so often.
//
// Thread safety: Start and Stop from one thread.
#pragma once

#include <functional>
#include <thread>

#include "absl/time/time.h"
#include "common/pause.h"

namespace mab::assignment {

class PeriodicTask {
 public:
  PeriodicTask(absl::Duration interval, std::function<void()> work);
  ~PeriodicTask();

  void Start();
  // Waits for the work that is under way. Any number of times; nothing where it was not started.
  void Stop();

 private:
  void Loop();

  const absl::Duration interval_;
  const std::function<void()> work_;
  Pause pause_;
  std::thread thread_;
};

}  // namespace mab::assignment
