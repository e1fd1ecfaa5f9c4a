#include "admin/erasure_watch.h"

#include "common/log.h"

namespace mab::admin {

void ErasureWatch::Start() {
  thread_ = std::thread([this] {
    while (!pause_.For(interval_)) {
      if (absl::Status status = eraser_->Look(); !status.ok()) {
        MAB_LOG(kWarning, "it is not known whether the journal is clear of erased visitors",
                {{"error", status}});
      }
    }
  });
}

void ErasureWatch::Stop() {
  pause_.End();
  if (thread_.joinable()) thread_.join();
}

}  // namespace mab::admin
