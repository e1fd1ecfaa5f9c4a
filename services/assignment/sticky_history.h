// Fills the sticky map with what happened before this process started: the journal's records and
// the database's rows. Either may come first, and one fact may come from both: a fact that is there
// stays.
//
// Thread safety: as the sticky map's; the facts of one entry are merged under its lock.
#pragma once

#include "assignment/sticky_map.h"
#include "storage/assignment_store.h"
#include "storage/event.h"

namespace mab::assignment {

// What a record of the journal says, once it is replayed.
void ApplyEvent(const storage::Event& event, StickyMap& sticky_map);

// What the database says of one assignment.
void ApplyStored(const storage::StoredAssignment& stored, StickyMap& sticky_map);

}  // namespace mab::assignment
