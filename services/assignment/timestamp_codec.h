// Between absl::Time and google.protobuf.Timestamp.
//
// Thread safety: pure functions.
#pragma once

#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace mab::assignment {

absl::Time DecodeTime(const google::protobuf::Timestamp& proto);
void EncodeTime(absl::Time time, google::protobuf::Timestamp* proto);

}  // namespace mab::assignment
