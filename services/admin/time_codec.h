// Times in messages.
//
// Thread safety: pure functions.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <optional>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/error.h"

namespace mab::admin {

// In microseconds, as the database has it. A Timestamp has the years 1 to 9999; of a time before or
// after them (a row that was altered may have one) the nearest that it has.
google::protobuf::Timestamp EncodeTime(absl::Time time);

// nullopt where none is `present`, and where it is outside of a Timestamp's range: a violation of
// `field` then.
std::optional<absl::Time> DecodeTime(bool present, const google::protobuf::Timestamp& timestamp,
                                     absl::string_view field, Violations& violations);

}  // namespace mab::admin
