// A timeline as the answer to GetTimeline.
//
// Thread safety: pure functions.
#pragma once

#include "absl/status/statusor.h"
#include "admin/timeline_plan.h"
#include "admin/timeline_reader.h"
#include "mab/v1/analytics_service.pb.h"

namespace mab::admin {

// INVALID_ARGUMENT naming `start` or `end` where it is no time.
absl::StatusOr<TimelineQuery> DecodeTimeline(const mab::v1::GetTimelineRequest& request);

void EncodeTimeline(const ExperimentTimeline& read, mab::v1::GetTimelineResponse* out);

}  // namespace mab::admin
