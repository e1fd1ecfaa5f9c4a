// Looks once a minute whether the journal is clear of the visitors who were erased, so that the
// time of it is known though nobody asks. A look that fails is left to the next one.
//
// Thread-safe. Start and Stop once each; the thread is owned.
#pragma once

#include <thread>

#include "absl/time/time.h"
#include "admin/erasure_client.h"
#include "common/pause.h"

namespace mab::admin {

class ErasureWatch {
 public:
  // `eraser` outlives this.
  explicit ErasureWatch(ErasureClient* eraser, absl::Duration interval = absl::Minutes(1))
      : eraser_(eraser), interval_(interval) {}
  ~ErasureWatch() { Stop(); }

  void Start();
  void Stop();

 private:
  ErasureClient* const eraser_;
  const absl::Duration interval_;
  Pause pause_;
  std::thread thread_;
};

}  // namespace mab::admin
