// Answers that wait for the journal.
//
// Thread safety: as the journal's.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "assignment/answer.h"
#include "assignment/journal.h"

namespace mab::assignment {

// Calls `done` once the journal has done what `wait` says, or failed: at once, on this thread,
// where that is known already, otherwise on the journal's threads.
void WhenDone(Journal& journal, const JournalWait& wait, Journal::Callback done);

// Which of the two a set of answers waits for.
enum class JournalStep { kWritten, kSynced };

// Calls `done` with the outcome of each of `sequences`, in their order, once all are known. Waits
// for the greatest first: when that is known so are the others, and each of those takes no more
// than a look.
void WhenAllDone(Journal& journal, JournalStep step, std::vector<uint64_t> sequences,
                 absl::AnyInvocable<void(std::vector<absl::Status>)> done);

}  // namespace mab::assignment
