// LookupAssignment's messages from and to what the lookup takes and finds.
//
// Thread safety: pure functions.
#pragma once

#include "admin/assignment_lookup.h"
#include "mab/v1/lookup_service.pb.h"

namespace mab::admin {

LookupQuery DecodeLookup(const mab::v1::LookupAssignmentRequest& request);

void EncodeLookup(const AssignmentLookup& lookup, mab::v1::LookupAssignmentResponse* out);

}  // namespace mab::admin
