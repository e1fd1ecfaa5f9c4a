// What a run of a load generator found, and its JSON.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "latency_histogram.h"

namespace mab::load {

struct LoadResult {
  // From the first call to the end of sending.
  double seconds = 0;
  // Answers by status: of HTTP, or gRPC's code. `in_time` of the good ones came before the end of
  // sending.
  std::map<int, uint64_t> statuses;
  uint64_t good = 0;
  uint64_t in_time = 0;
  // Calls without an answer: the connection broke, or nothing came within the limit.
  uint64_t failed = 0;
  // Calls that a constant rate asked for, and for which no connection was free within the client's
  // patience.
  uint64_t unsent = 0;
  uint64_t new_users = 0;
  // Of good answers: from the moment in which the call was to be sent, and from that in which it
  // was.
  LatencyHistogram latency = {};
  LatencyHistogram service = {};

  void Merge(const LoadResult& other);
  std::string ToJson() const;
};

}  // namespace mab::load
