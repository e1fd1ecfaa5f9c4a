// Events as JSON, for an operator who looks into the journal.
//
// Thread safety: a pure function.
#pragma once

#include "assignment/json_line.h"
#include "storage/event.h"

namespace mab::assignment {

// The event's fields, under the names of storage/event.h. Ids are written as such, hashes and salts
// in hexadecimal; an optional value that is not there is null. Of an event_id that is not UTF-8,
// its bytes follow in hexadecimal.
void AddEventFields(const storage::Event& event, JsonLine& line);

}  // namespace mab::assignment
