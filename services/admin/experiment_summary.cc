#include "admin/experiment_summary.h"

#include <utility>

namespace mab::admin {

ExperimentSummary SummaryOf(const storage::Experiment& experiment, const Report& report,
                            Traffic traffic) {
  ExperimentSummary summary{.id = experiment.id,
                            .key = experiment.key,
                            .state = experiment.state,
                            .exposures = report.exposures,
                            .conversions = report.conversions,
                            .verdict = report.verdict.code,
                            .health = report.health.status,
                            .gain = report.gain,
                            .traffic = std::move(traffic)};
  if (report.exposures > 0) {
    const storage::Variant& leader = experiment.variants[report.verdict.leader];
    summary.leader = storage::Variant{.id = leader.id,
                                      .key = leader.key,
                                      .name = leader.name,
                                      .is_control = leader.is_control,
                                      .disabled = leader.disabled};
    summary.probability_best = report.variants[report.verdict.leader].probability_best;
  }
  return summary;
}

}  // namespace mab::admin
