#include "load_result.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace mab::load {
namespace {

std::string LatencyJson(const LatencyHistogram& h) {
  return absl::StrCat("{\"p50\":", h.Quantile(0.5), ",\"p99\":", h.Quantile(0.99),
                      ",\"p999\":", h.Quantile(0.999), ",\"max\":", h.max_ns(), "}");
}

}  // namespace

void LoadResult::Merge(const LoadResult& other) {
  seconds = std::max(seconds, other.seconds);
  for (const auto& [status, count] : other.statuses) statuses[status] += count;
  good += other.good;
  in_time += other.in_time;
  failed += other.failed;
  unsent += other.unsent;
  new_users += other.new_users;
  latency.Merge(other.latency);
  service.Merge(other.service);
}

std::string LoadResult::ToJson() const {
  const std::string by_status =
      absl::StrJoin(statuses, ",", [](std::string* out, const auto& status) {
        absl::StrAppend(out, "\"", status.first, "\":", status.second);
      });
  return absl::StrCat("{\"seconds\":", seconds, ",\"good\":", good, ",\"in_time\":", in_time,
                      ",\"failed\":", failed, ",\"unsent\":", unsent, ",\"new_users\":", new_users,
                      ",\"statuses\":{", by_status, "},\"latency_ns\":", LatencyJson(latency),
                      ",\"service_ns\":", LatencyJson(service), "}");
}

}  // namespace mab::load
