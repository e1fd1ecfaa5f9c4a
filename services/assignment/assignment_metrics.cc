#include "assignment/assignment_metrics.h"

#include "common/error.h"

namespace mab::assignment {
namespace {

// The hot path answers within 100 µs to a few ms; the disk can take longer.
std::vector<double> SecondsBuckets() {
  return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
          0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};
}

prometheus::Counter& Assignments(Metrics& metrics, const std::string& kind) {
  return metrics.Counter("mab_assignments_total", "Assignments answered.", {{"kind", kind}});
}

prometheus::Counter& Conversions(Metrics& metrics, const std::string& kind) {
  return metrics.Counter("mab_conversions_total", "Conversions answered.", {{"kind", kind}});
}

}  // namespace

AssignmentMetrics::AssignmentMetrics(Metrics& metrics)
    : assignments_new_(Assignments(metrics, "new")),
      assignments_returning_(Assignments(metrics, "returning")),
      assignments_uncounted_(Assignments(metrics, "uncounted")),
      no_room_(metrics.Counter("mab_sticky_refused_total",
                               "New users who got the control, uncounted, because assignments "
                               "take all of MAB_STICKY_MAX_BYTES.")),
      exposures_(metrics.Counter("mab_exposures_total", "Calls of expose answered.")),
      conversions_credited_(Conversions(metrics, "credited")),
      conversions_uncredited_(Conversions(metrics, "uncredited")),
      conversions_duplicate_(Conversions(metrics, "duplicate")) {
  for (const char* reason :
       {kReasonInvalidArgument, kReasonExperimentNotFound, kReasonExperimentNotRunning,
        kReasonVariantNotFound, kReasonOriginNotAllowed, kReasonAssignmentNotFound,
        kReasonJournalFull, kReasonOverloaded, kReasonUnavailable, kReasonInternal}) {
    errors_[reason] =
        &metrics.Counter("mab_request_errors_total", "Calls that failed.", {{"code", reason}});
  }
  errors_internal_ = errors_.at(kReasonInternal);
  // In the order of Method.
  for (const char* method :
       {"Assign", "Expose", "Convert", "BatchAssign", "BatchExpose", "AssignAll", "StreamCalls"}) {
    rpc_seconds_.push_back(&metrics.Histogram("mab_rpc_seconds",
                                              "From the arrival of a call to its answer.",
                                              SecondsBuckets(), {{"method", method}}));
  }
}

void AssignmentMetrics::Count(const Assignment& assignment) {
  if (!assignment.assigned_at.has_value()) {
    assignments_uncounted_.Increment();
    if (assignment.reason == AssignReason::kNoRoom) no_room_.Increment();
  } else if (assignment.returning) {
    assignments_returning_.Increment();
  } else {
    assignments_new_.Increment();
  }
}

void AssignmentMetrics::Count(const Exposure&) { exposures_.Increment(); }

void AssignmentMetrics::Count(const Conversion& conversion) {
  if (conversion.duplicate) {
    conversions_duplicate_.Increment();
  } else if (conversion.credited) {
    conversions_credited_.Increment();
  } else {
    conversions_uncredited_.Increment();
  }
}

uint64_t AssignmentMetrics::assigns() const {
  return static_cast<uint64_t>(assignments_new_.Value() + assignments_returning_.Value() +
                               assignments_uncounted_.Value());
}

uint64_t AssignmentMetrics::conversions() const {
  return static_cast<uint64_t>(conversions_credited_.Value() + conversions_uncredited_.Value() +
                               conversions_duplicate_.Value());
}

void AssignmentMetrics::CountError(const absl::Status& status) {
  const auto it = errors_.find(ErrorReason(status));
  (it == errors_.end() ? errors_internal_ : it->second)->Increment();
}

void AssignmentMetrics::Observe(Method method, absl::Duration took) {
  rpc_seconds_[static_cast<size_t>(method)]->Observe(absl::ToDoubleSeconds(took));
}

}  // namespace mab::assignment
