#include "assignment/journal.h"

#include <memory>
#include <utility>

#include "absl/synchronization/notification.h"

namespace mab::assignment {
namespace {

// Shared with the callback, which may still be in Notify when the waiter has gone on.
struct Waiter {
  absl::Notification done;
  absl::Status status;
};

template <typename Register>
absl::Status Wait(Register when_done) {
  const auto waiter = std::make_shared<Waiter>();
  when_done([waiter](absl::Status status) {
    waiter->status = std::move(status);
    waiter->done.Notify();
  });
  waiter->done.WaitForNotification();
  return waiter->status;
}

}  // namespace

absl::Status Journal::WaitWritten(uint64_t sequence) {
  return Wait([&](Callback done) { WhenWritten(sequence, std::move(done)); });
}

absl::Status Journal::WaitSynced(uint64_t sequence) {
  return Wait([&](Callback done) { WhenSynced(sequence, std::move(done)); });
}

}  // namespace mab::assignment
