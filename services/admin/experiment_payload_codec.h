// A variant's payload: google.protobuf.Value at the border, JSON text inside.
//
// The text is compact and its objects' keys are in order, so that the same payload is the same
// text.
//
// Thread safety: pure functions.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/error.h"
#include "google/protobuf/struct.pb.h"

namespace mab::admin {

// How deep arrays and objects may be nested. Protobuf parses at most 100 levels of messages, and an
// object is three.
inline constexpr int kPayloadDepthMax = 32;

// Adds a violation of `field` where there is no JSON text of it: numbers that are not finite,
// nesting that is too deep, an empty Value. Size is not looked at.
std::string DecodePayload(const google::protobuf::Value& payload, absl::string_view field,
                          Violations& violations);

// INTERNAL where `json` is not JSON.
absl::Status EncodePayload(absl::string_view json, google::protobuf::Value& payload);

}  // namespace mab::admin
