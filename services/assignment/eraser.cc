#include "assignment/eraser.h"

#include <utility>

#include "assignment/experiment_lookup.h"
#include "storage/event.h"

namespace mab::assignment {

void Eraser::Erase(const bandit::UserHash& user, Done done) {
  // Who is not known yet could not be forgotten.
  if (!sticky_map_->complete()) return done(StillLoadingError());
  const absl::Time now = NowMicros(*clock_);
  const absl::StatusOr<StickyMap::Erasure> begun = sticky_map_->BeginErasure(user, [&] {
    return journal_->Append(storage::ErasureEvent{user, now});
  });
  if (!begun.ok()) return done(begun.status());
  const Erased erased{begun->entries, now, begun->sequence};
  // Not before it is on the disk: a checkpoint could know of the erasure, and the journal that is
  // left after a power cut not.
  journal_->WhenSynced(begun->sequence, [this, user, sequence = begun->sequence, erased,
                                         done = std::move(done)](absl::Status synced) mutable {
    if (!synced.ok()) {
      sticky_map_->CancelErasure(user, sequence);
      return done(std::move(synced));
    }
    sticky_map_->RemoveUser(user, sequence);
    done(erased);
  });
}

}  // namespace mab::assignment
