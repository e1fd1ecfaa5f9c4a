#include "admin/time_codec.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>

namespace mab::admin {

using google::protobuf::Timestamp;
using google::protobuf::util::TimeUtil;

Timestamp EncodeTime(absl::Time time) {
  const absl::Time first = absl::FromUnixSeconds(TimeUtil::kTimestampMinSeconds);
  const absl::Time last = absl::FromUnixSeconds(TimeUtil::kTimestampMaxSeconds);
  return TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(std::clamp(time, first, last)));
}

std::optional<absl::Time> DecodeTime(bool present, const Timestamp& timestamp,
                                     absl::string_view field, Violations& violations) {
  if (!present) return std::nullopt;
  if (timestamp.seconds() < TimeUtil::kTimestampMinSeconds ||
      timestamp.seconds() > TimeUtil::kTimestampMaxSeconds || timestamp.nanos() < 0 ||
      timestamp.nanos() > 999'999'999) {
    violations.Add(field, "must be a time of the years 1 to 9999");
    return std::nullopt;
  }
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

}  // namespace mab::admin
