// Forgets a user: a record in the journal, after everything that it says of him, and nothing of him
// in the sticky map any more. PostgreSQL follows in the order of the journal.
//
// While the record is being written nothing is added to what is known of him (503); what is known
// is still answered. So every fact of his is either before the record, and erased, or after it, and
// of a new user.
//
// Thread-safe. Journal, map and clock are not owned and outlive this and the journal's callbacks.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "assignment/journal.h"
#include "assignment/sticky_map.h"
#include "bandit/user_hash.h"
#include "common/clock.h"

namespace mab::assignment {

class Eraser {
 public:
  struct Erased {
    // Entries of the sticky map.
    size_t assignments = 0;
    absl::Time at;
    // Of the record.
    uint64_t sequence = 0;
  };
  using Done = absl::AnyInvocable<void(absl::StatusOr<Erased>)>;

  Eraser(Journal* journal, StickyMap* sticky_map, const Clock* clock)
      : journal_(journal), sticky_map_(sticky_map), clock_(clock) {}

  // Calls `done` when the record is synced and the user is forgotten, or with the reason why not:
  // UNAVAILABLE, and then he is as known as before. On this thread or on the journal's.
  void Erase(const bandit::UserHash& user, Done done);

 private:
  Journal* const journal_;
  StickyMap* const sticky_map_;
  const Clock* const clock_;
};

}  // namespace mab::assignment
