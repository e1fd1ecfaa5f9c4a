#include "admin/timeline_codec.h"

#include <optional>

#include "absl/strings/string_view.h"
#include "admin/analytics_codec.h"
#include "admin/report.h"
#include "admin/time_codec.h"
#include "common/error.h"

namespace mab::admin {
namespace {

void EncodeVariant(const VariantTimeline& variant, mab::v1::VariantTimeline* out) {
  out->set_exposures(static_cast<double>(variant.exposures));
  out->set_conversions(static_cast<double>(variant.conversions));
  out->set_cumulative_rate(variant.cumulative_rate);
  out->mutable_credible_interval()->set_lower(variant.credible_interval.lower);
  out->mutable_credible_interval()->set_upper(variant.credible_interval.upper);
  if (variant.probability_best.has_value()) {
    out->mutable_probability_best()->set_value(*variant.probability_best);
  }
  if (variant.allocation.has_value()) out->mutable_allocation()->set_value(*variant.allocation);
}

mab::v1::ExperimentChange::Kind EncodeKind(storage::ChangeKind kind) {
  switch (kind) {
    case storage::ChangeKind::kStarted:
      return mab::v1::ExperimentChange::STARTED;
    case storage::ChangeKind::kPaused:
      return mab::v1::ExperimentChange::PAUSED;
    case storage::ChangeKind::kResumed:
      return mab::v1::ExperimentChange::RESUMED;
    case storage::ChangeKind::kCompleted:
      return mab::v1::ExperimentChange::COMPLETED;
    case storage::ChangeKind::kArchived:
      return mab::v1::ExperimentChange::ARCHIVED;
    case storage::ChangeKind::kVariantDisabled:
      return mab::v1::ExperimentChange::VARIANT_DISABLED;
    case storage::ChangeKind::kChanged:
      return mab::v1::ExperimentChange::CHANGED;
  }
  return mab::v1::ExperimentChange::KIND_UNSPECIFIED;
}

}  // namespace

absl::StatusOr<TimelineQuery> DecodeTimeline(const mab::v1::GetTimelineRequest& request) {
  Violations violations;
  TimelineQuery query{
      .id_or_key = request.id(),
      .step = request.step(),
      .start = DecodeTime(request.has_start(), request.start(), "start", violations),
      .end = DecodeTime(request.has_end(), request.end(), "end", violations)};
  if (!violations.empty()) return violations.ToStatus();
  return query;
}

void EncodeTimeline(const ExperimentTimeline& read, mab::v1::GetTimelineResponse* out) {
  const auto& [experiment, timeline, changes] = read;
  out->set_experiment_id(experiment.id.ToString());
  out->set_experiment_key(experiment.key);
  *out->mutable_as_of() = EncodeTime(timeline.as_of);
  out->set_step(timeline.plan.step);
  *out->mutable_hours_before() = EncodeTime(timeline.plan.grid.minutes_from);
  *out->mutable_pending_from() =
      EncodeTime(timeline.as_of - absl::Seconds(experiment.conversion_window_seconds));
  out->set_credible_level(kCredibleLevel);
  for (const storage::Variant& variant : experiment.variants) {
    EncodeReference(variant, out->add_variants());
  }
  out->mutable_rows()->Reserve(static_cast<int>(timeline.rows.size()));
  for (const TimelineRow& row : timeline.rows) {
    mab::v1::TimelineRow* encoded = out->add_rows();
    *encoded->mutable_start() = EncodeTime(row.time.start);
    *encoded->mutable_end() = EncodeTime(row.time.end);
    encoded->set_version(static_cast<double>(row.version));
    for (const VariantTimeline& variant : row.variants) {
      EncodeVariant(variant, encoded->add_variants());
    }
  }
  for (const storage::ExperimentChange& change : changes) {
    mab::v1::ExperimentChange* encoded = out->add_changes();
    *encoded->mutable_time() = EncodeTime(change.at);
    encoded->set_kind(EncodeKind(change.kind));
    encoded->set_variant_key(change.variant_key);
  }
}

}  // namespace mab::admin
